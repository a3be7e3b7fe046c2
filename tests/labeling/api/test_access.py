"""Deny by default: every address, every method, every role. A route without a rule here fails."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from rest_framework.test import APIClient

from tests.factories import TEXT_SCHEMA
from tests.labeling.api.walking import METHODS, ROUTES, World, assert_as_described, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.models import User

pytestmark = pytest.mark.django_db

PUBLIC, SIGNED_IN, OWN = "public", "signed in", "own"
RULES: dict[tuple[str, str], str] = {
    ("api-schema", "get"): PUBLIC,
    ("api-docs", "get"): PUBLIC,
    ("api-me", "get"): SIGNED_IN,
    ("api-inbox", "get"): SIGNED_IN,
    ("api-inbox-read", "post"): SIGNED_IN,
    ("api-me", "patch"): SIGNED_IN,
    ("api-tokens", "get"): SIGNED_IN,
    ("api-tokens", "post"): SIGNED_IN,
    ("api-token", "delete"): OWN,
    ("api-projects", "get"): SIGNED_IN,
    ("api-projects", "post"): SIGNED_IN,
    ("api-project", "get"): "viewer",
    ("api-project", "patch"): "manager",
    ("api-project", "delete"): "manager",
    ("api-project-schema", "get"): "viewer",
    ("api-project-schema", "put"): "manager",
    ("api-guideline", "get"): "viewer",
    ("api-members", "get"): "viewer",
    ("api-members", "post"): "manager",
    ("api-member", "patch"): "manager",
    ("api-member", "delete"): "manager",
    ("api-invitations", "get"): "manager",
    ("api-invitations", "post"): "manager",
    ("api-invitation", "delete"): "manager",
    ("api-imports", "post"): "manager",
    ("api-export", "get"): "reviewer",
    ("api-export-card", "get"): "reviewer",
    ("api-jobs", "get"): "viewer",
    ("api-job", "get"): "reviewer",
    ("api-job", "delete"): "manager",
    ("api-job-problems", "get"): "manager",
    ("api-tasks", "get"): "viewer",
    ("api-tasks", "post"): "manager",
    ("api-task", "get"): "viewer",
    ("api-task", "patch"): "manager",
    ("api-task", "delete"): "manager",
    ("api-task-deletions", "post"): "manager",
    ("api-task-deletion", "delete"): "manager",
    ("api-claims", "get"): "annotator",
    ("api-claims", "post"): "annotator",
    ("api-claims-renew", "post"): "annotator",
    ("api-claims-release", "post"): "annotator",
    ("api-annotations", "get"): "reviewer",
    ("api-annotations", "post"): "annotator",
    ("api-annotations-mine", "get"): "viewer",
    ("api-task-annotations", "get"): "viewer",
    ("api-task-annotations", "post"): "annotator",
    ("api-task-comments", "get"): "viewer",
    ("api-task-comments", "post"): "annotator",
    ("api-comment-resolution", "post"): "annotator",
    ("api-comment-resolution", "delete"): "annotator",
    ("api-task-flags", "post"): "annotator",
    ("api-task-flags", "delete"): "annotator",
    ("api-annotation-return", "post"): "reviewer",
    ("api-annotation-return", "delete"): "reviewer",
    ("api-labels", "get"): "viewer",
    ("api-webhooks", "get"): "manager",
    ("api-webhooks", "post"): "manager",
    ("api-webhook", "get"): "manager",
    ("api-webhook", "patch"): "manager",
    ("api-webhook", "delete"): "manager",
    ("api-webhook-ping", "post"): "manager",
    ("api-webhook-deliveries", "get"): "manager",
    ("api-webhook-again", "post"): "manager",
    ("api-gold-people", "get"): "viewer",
    ("api-gold-tasks", "get"): "reviewer",
    ("api-gold-tasks", "post"): "manager",
    ("api-gold-task", "delete"): "manager",
    ("api-flags", "get"): "reviewer",
    ("api-flag-claims", "post"): "reviewer",
    ("api-flag-claims-renew", "post"): "reviewer",
    ("api-flag-claims-release", "post"): "reviewer",
    ("api-flag-resolutions", "post"): "reviewer",
    ("api-flag-resolution", "post"): "reviewer",
    ("api-flag-resolution", "delete"): "reviewer",
    ("api-adjudications", "get"): "reviewer",
    ("api-task-adjudication", "post"): "reviewer",
    ("api-task-adjudication", "delete"): "reviewer",
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("api-me", "patch"): {"goes_on": True},
    ("api-tokens", "post"): {"name": "script"},
    ("api-projects", "post"): {"name": "New one", "schema": TEXT_SCHEMA},
    ("api-project", "patch"): {"name": "Renamed"},
    ("api-project-schema", "put"): {"schema": TEXT_SCHEMA},
    ("api-members", "post"): {"email": "new@example.org", "role": "viewer"},
    ("api-member", "patch"): {"role": "reviewer"},
    ("api-invitations", "post"): {"role": "viewer"},
    ("api-tasks", "post"): {"tasks": [{"data": {"text": "One more"}}]},
    ("api-task", "patch"): {"split": "test"},
    ("api-annotations", "post"): {"annotations": [{"task": 1, "answers": {}}]},
    ("api-claims", "post"): {"count": 2},
    ("api-claims-renew", "post"): {"tasks": [1]},
    ("api-task-annotations", "post"): {"answers": {"intent": "billing"}},
    ("api-task-comments", "post"): {"body": "Hm."},
    ("api-task-flags", "post"): {"note": "Look."},
    ("api-annotation-return", "post"): {"version": 1, "note": "Look again."},
    ("api-webhooks", "post"): {"url": "https://example.com/hook", "types": ["job.ended"]},
    ("api-webhook", "patch"): {"on": False},
    ("api-flag-claims-renew", "post"): {"flags": [1]},
    ("api-flag-resolution", "post"): {"decision": "keep"},
    ("api-task-adjudication", "post"): {"question": "intent", "verdict": "several"},
}
LADDER = ["viewer", "annotator", "reviewer", "manager", "superuser"]


def expected(rule: str, person: str) -> int:
    """Return the status that a rule means for a person; 200 stands for any success."""
    if rule == PUBLIC:
        return 200
    if person == "anonymous":
        return 401
    if rule == SIGNED_IN:
        return 200
    if rule == OWN or person == "outsider":
        return 404
    return 200 if LADDER.index(person) >= LADDER.index(rule) else 403


def send(client: APIClient, place: World, name: str, method: str) -> Any:
    if name == "api-imports":
        return client.post(place.address(name), {"file": ContentFile(b'{"text": "Hello."}', "rows.jsonl")})
    body = BODIES.get((name, method))
    if name == "api-flag-resolutions":
        body = {"decision": "keep", "flags": [place.flag.pk]}
    if name in {"api-task-deletions", "api-gold-tasks"}:
        body = {"tasks": [place.task.pk]}
    if (name, method) == ("api-project", "delete"):
        body = {"name": place.project.name}
    return client.generic(
        method.upper(),
        place.address(name, method),
        json.dumps(body if body is not None else {}) if method != "get" else "",
        content_type="application/json",
    )


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert set(RULES) == set(ROUTES)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("name", "method"), sorted(ROUTES))
def test_a_role_may_do_what_its_rule_says_and_no_more(
    name: str, method: str, api_for: Callable[[User], APIClient]
) -> None:
    place = world()
    for person in ["anonymous", "outsider", *LADDER]:
        with undone():
            client = APIClient() if person == "anonymous" else api_for(place.people[person])
            response = send(client, place, name, method)
        wanted = expected(RULES[name, method], person)
        got = 200 if response.status_code < 300 else response.status_code
        assert got == wanted, f"{person}: {response.content[:500]!r}"
        if RULES[name, method] != PUBLIC:
            content = _content(response)
            assert_as_described(name, method, response.status_code, content)


def _content(response: Any) -> Any:
    if response.streaming:
        return b"".join(response.streaming_content)
    if response.headers.get("Content-Type", "").startswith("text/markdown"):
        return bytes(response.content)
    return json.loads(response.content) if response.content else None


@pytest.mark.parametrize(("name", "method"), sorted(key for key in ROUTES if "/<" in ROUTES[key]))
def test_an_outsider_cannot_tell_what_exists(name: str, method: str, api_for: Callable[[User], APIClient]) -> None:
    place = world()
    client = api_for(place.people["outsider"])
    there = send(client, place, name, method)
    named = (place.project, place.task, place.job, place.member, place.invitation, place.token, place.flag)
    place.disputed.pk += 1_000_000
    place.adjudicated.task_id += 1_000_000
    for thing in (*named, place.decided, place.deletion, place.answer, place.returned, place.comment):
        thing.pk += 1_000_000
    place.project.slug = "no-such-project"
    absent = send(client, place, name, method)
    assert there.status_code == absent.status_code == 404
    told = json.loads(there.content), json.loads(absent.content)
    assert told[0] | {"instance": ""} == told[1] | {"instance": ""}


@pytest.mark.parametrize("name", sorted({name for name, _ in ROUTES}))
def test_methods_that_are_not_there_are_refused_as_a_problem(name: str, api_for: Callable[[User], APIClient]) -> None:
    place = world()
    client = api_for(place.people["superuser"])
    there = {method for route, method in ROUTES if route == name}
    for method in set(METHODS) - there | {"options", "trace"}:
        response = client.generic(method.upper(), place.address(name), "{}", content_type="application/json")
        assert response.status_code == 405
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.content)["status"] == 405
        assert "Allow" in response.headers
