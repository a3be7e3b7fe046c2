"""Schemathesis over the OpenAPI document: what it promises is what the API does, whatever is sent.

Every operation is asked as a manager, with data that fits the document and data that does not, and every answer goes
through all checks. Each request is taken back, so that all meet the same project.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis import Case, SerializationContext
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from labeling.api.docs import openapi
from labeling.services import limits, tokens
from tests.factories import TEXT_SCHEMA
from tests.labeling.api.walking import World, world

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(120)]

STAND_INS: dict[str, Any] = {
    "slug": "the-project",
    "task_id": 900_000_001,
    "job_id": 900_000_002,
    "member_id": 900_000_003,
    "invitation_id": 900_000_004,
    "token_id": 900_000_005,
    "flag_id": 900_000_006,
    "act_id": 900_000_007,
    "annotation_id": 900_000_007,
    "comment_id": 900_000_010,
    "webhook_id": 900_000_008,
    "delivery_id": 900_000_009,
    "person_id": 900_000_011,
}
"""What the tests are made with, before there is a project: exchanged for its slug and ids when a request is sent."""


HANDED_OUT = {"cursor": "", "question": "intent"}
"""Parameters that take what the API or the project gave before, and nothing else."""

OF_THE_PROJECT: dict[str, Any] = {"schema": TEXT_SCHEMA, "answers": {"intent": "billing"}, "question": "intent"}
"""Parts of bodies whose rules are those of the project's schema, which OpenAPI cannot express."""

RULES_BEYOND_THE_DOCUMENT = {
    "projects_create": "max_overlap is at least overlap",
    "projects_change": "max_overlap is at least overlap",
    "projects_delete": "the name is that of the project",
    "members_add": "which e-mail addresses there are is more than a format says",
    "invitations_create": "the same",
    "me_change": "which keys an action may have depends on the others",
    "claims_create": "a filter has the conditions that the page of tasks knows",
    "tasks_add": "what a task may be is said by the project's schema",
    "tasks_change": "something is to be changed, and metadata have a bound in characters",
    "runs_create": "a question is one that the project asks",
    "annotations_save_many": "a version is a number that the database can hold",
    "export_read": "a filter has the conditions that the page of tasks knows",
    "annotations_save": "a skip has a reason and no answers, a submission has answers",
    "flag_decide": "an answer goes with one of the decisions only",
    "flags_decide": "the same",
    "adjudication_decide": "an answer goes with a label only, and a question is one that the project asks",
    "imports_create": "what a mapping, an encoding and a delimiter may be depends on the file and the project",
    "tokens_create": "a token ends in the future",
    "webhooks_create": "which addresses there are is more than a format says",
    "webhooks_change": "the same",
    "predictions_create": "rows are JSON Lines or Parquet about the tasks of the project",
}
"""What may be refused (400) although it fits the document, and why; all other checks hold for these too."""


READ_BY_A_JOB = {"predictions_create"}
"""What takes a body as it comes: the job that reads it says what is wrong, and not the answer."""
REFUSED_BY_PARTS = {"annotations_save_many"}
"""What is answered with 200 and says of every part by itself whether it was refused."""


def described() -> Any:
    """Return the document, with what only a project can know filled in."""
    document = copy.deepcopy(openapi())
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                name, kind = parameter["name"], parameter["schema"].get("type", "string")
                if parameter["in"] == "path":
                    parameter["schema"] = {"type": kind, "enum": [STAND_INS[name]]}
                elif name == "cursor" or (name in HANDED_OUT and parameter.get("required")):
                    parameter["schema"] = {"type": "string", "enum": [HANDED_OUT[name]]}
    document["components"]["schemas"]["FlagNew"]["properties"]["question"] = {"enum": ["intent", None]}
    for schema in document["components"]["schemas"].values():
        if schema.get("additionalProperties") is False:  # what is sent; answers may have more than is described
            wanted = {*schema.get("required", ()), "answers"}
            for name in schema["properties"].keys() & OF_THE_PROJECT.keys() & wanted:
                schema["properties"][name] = {"enum": [OF_THE_PROJECT[name]]}
    loaded = schemathesis.openapi.from_dict(document, config=SchemathesisConfig(seed=1))
    loaded.config.generation.allow_x00 = False  # refused everywhere in words; JSON Schema has no way to say it
    loaded.app = get_wsgi_application()
    return loaded


@schemathesis.serializer("application/x-ndjson", "application/vnd.apache.parquet")
def rows_of_predictions(_: SerializationContext, value: Any) -> bytes:
    """Send what stands for a file as it is."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


api = described()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> World:
    # One of the checks is to send tokens that are not valid, many times.
    limit = limits.BAD_TOKENS
    monkeypatch.setattr(limits, "BAD_TOKENS", limits.Limit(limit.name, 10_000, limit.seconds, limit.message))
    return world()


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the connection, whose transaction is taken back: as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def bearer(place: World) -> dict[str, str]:
    _, secret = tokens.issue_token(user=place.people["manager"], name="schemathesis", scope="manage")
    return {"Authorization": f"Bearer {secret}"}


@api.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_what_its_document_promises(case: Case[Any], place: World, bearer: dict[str, str]) -> None:
    for name, stand_in in STAND_INS.items():
        if case.path_parameters.get(name) == stand_in:
            case.path_parameters[name] = place.arguments[name]
    operation = case.operation.definition.raw["operationId"]
    beyond = operation in RULES_BEYOND_THE_DOCUMENT
    excluded: list[Any] = [positive_data_acceptance] if beyond else []
    if operation in READ_BY_A_JOB | REFUSED_BY_PARTS:
        excluded.append(negative_data_rejection)
    with transaction.atomic():
        answer = case.call_and_validate(headers=bearer, excluded_checks=excluded)
        transaction.set_rollback(True)
    if beyond and answer.status_code == 400:
        assert answer.json()["detail"]
