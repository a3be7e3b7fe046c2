"""The OpenAPI document and the page made from it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, TypeAdapter

from labeling.api.docs import groups, marked, openapi
from labeling.api.reading import Body
from labeling.kinds.registry import KINDS
from labeling.kinds.schema.described import answer_type, schema_type
from labeling.models import Scope
from quality.api import urls as quality_urls
from tests import factories
from tests.labeling.api.walking import ROUTES, routes_of
from tests.labeling.kinds.registering import registered
from tests.toy_region import stretch

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from labeling.models import User

UNDESCRIBED = {("api-schema", "get"), ("api-docs", "get")}


def test_the_document_is_valid_openapi_3_1_and_has_every_route() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == {
        ("/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", pattern), method)
        for (name, method), pattern in (ROUTES | routes_of(quality_urls.urlpatterns)).items()
        if (name, method) not in UNDESCRIBED
    }


def test_operations_have_an_id_of_their_own_a_summary_and_their_errors() -> None:
    operations = [found for methods in openapi()["paths"].values() for found in methods.values()]
    assert len({found["operationId"] for found in operations}) == len(operations)
    for found in operations:
        assert found["summary"]
        assert {"400", "401", "403", "404"} <= set(found["responses"])
        assert "application/problem+json" in found["responses"]["404"]["content"]
        assert found["security"] in [[{"bearerToken": [scope]}, {"cookieAuth": []}] for scope in Scope.values]


def test_the_save_describes_its_key_and_its_conflict() -> None:
    save = openapi()["paths"]["/api/tasks/{task_id}/annotations/"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in save["parameters"]}
    assert {"200", "201", "409"} <= set(save["responses"])


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_needs_nothing_from_elsewhere(
    client: Client, client_for: Callable[[User], Client]
) -> None:
    for reader in (client, client_for(factories.user())):
        page = reader.get("/api/docs/").content.decode()
        for operations in groups().values():
            for operation in operations:
                assert f'id="{operation.identity}"' in page
        assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
        assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)", page)


@pytest.mark.django_db
def test_the_document_is_json(client: Client) -> None:
    response = client.get("/api/schema/")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["info"]["title"] == "dcai"


def test_descriptions_are_escaped() -> None:
    assert marked("a <b> `c<d>` e") == "a &lt;b&gt; <code>c&lt;d&gt;</code> e"


def test_the_schema_of_a_project_is_typed_by_the_kinds_there_are() -> None:
    schemas = openapi()["components"]["schemas"]
    for name in ("ProjectNew", "SchemaChange"):
        assert schemas[name]["properties"]["schema"]["$ref"].endswith("/SchemaNew")
    told = schemas["SchemaNew"]["properties"]["questions"]["items"]["discriminator"]["mapping"]
    assert set(told) == set(KINDS)
    for name, reference in told.items():
        keys = set(schemas[reference.rpartition("/")[2]]["properties"])
        assert keys == set(KINDS[name].Config.model_fields) | {
            "name", "kind", "field", "title", "description", "required"
        }  # fmt: skip


def test_a_new_kind_is_described_without_a_word_about_it_elsewhere() -> None:
    with registered(stretch):
        told = schema_type(sent=True).model_json_schema(mode="validation")
        answers = TypeAdapter(answer_type()).json_schema()
    assert "StretchQuestionNew" in told["$defs"]
    assert set(answers["$defs"]["StretchPart"]["properties"]) == {"id", "start", "end", "label"}


def test_what_every_operation_may_answer_is_described_with_its_headers() -> None:
    for methods in openapi()["paths"].values():
        for found in methods.values():
            assert "Retry-After" in found["responses"]["429"]["headers"]
            assert "Retry-After" in found["responses"]["503"]["headers"]
            assert {"X-Request-ID"} <= set(found["responses"]["500"]["headers"])


def test_files_are_bytes_and_may_not_be_left_out() -> None:
    paths = openapi()["paths"]
    sent = paths["/api/projects/{slug}/predictions/"]["post"]["requestBody"]
    assert sent["required"]
    assert {kind: content["schema"].get("format") for kind, content in sent["content"].items()} == {
        "application/json": None,
        "application/x-ndjson": "binary",
        "application/vnd.apache.parquet": "binary",
        "application/octet-stream": "binary",
    }
    assert paths["/api/projects/{slug}/imports/"]["post"]["requestBody"]["required"]
    assert "required" not in paths["/api/projects/{slug}/claims/"]["post"]["requestBody"]
    done = paths["/api/projects/{slug}/export/"]["get"]["responses"]["200"]
    assert next(iter(done["content"])) == "application/octet-stream"
    assert "ETag" in done["headers"]


def test_every_list_says_its_next_cursor_and_every_tag_is_described() -> None:
    document = openapi()
    lists = [found for found in document["components"]["schemas"].values() if "next" in found.get("properties", ())]
    assert len(lists) > 10
    assert all({"next", "next_cursor"} <= set(found["required"]) for found in lists)
    used = {tag for methods in document["paths"].values() for found in methods.values() for tag in found["tags"]}
    assert used == {tag["name"] for tag in document["tags"]}


def test_no_two_documents_have_one_name() -> None:
    models, found = [BaseModel], []
    while models:
        models += (inner := models.pop().__subclasses__())
        found += [model.__name__ for model in inner if model.__module__.startswith(("labeling.api", "quality.api"))]
    made = {name for name, times in Counter(found).items() if times > 1}
    assert made <= {"JobResult"}


def bodies_by_name(model: type[Body] = Body) -> dict[str, type[Body]]:
    """Return every body of the API by its name."""
    found = {model.__name__: model}
    for each in model.__subclasses__():
        found |= bodies_by_name(each)
    return found


def test_examples_are_bodies_that_are_taken() -> None:
    models, seen = bodies_by_name(), 0
    for methods in openapi()["paths"].values():
        for found in methods.values():
            content = found.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                model = models[content["schema"]["$ref"].rpartition("/")[2]]
                model.model_validate_json(json.dumps(example["value"]))
                seen += 1
    assert seen >= 14
