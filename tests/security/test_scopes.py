"""Deny by default: every address and every method of the API, with a token of every scope."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory

from labeling.api.endpoint import Endpoint
from labeling.models import ApiToken, Scope, User
from labeling.services import tokens
from quality.api import urls as quality_urls
from tests import factories, sessions
from tests.labeling.api import test_access, walking
from tests.labeling.api.walking import World, routes_of, world

pytestmark = pytest.mark.django_db

READ, LABEL, MANAGE = Scope.values
NEEDED: dict[tuple[str, str], str] = {
    ("api-schema", "get"): READ,
    ("api-docs", "get"): READ,
    ("api-me", "get"): READ,
    ("api-me", "patch"): LABEL,
    ("api-inbox", "get"): READ,
    ("api-inbox-read", "post"): LABEL,
    ("api-tokens", "get"): READ,
    ("api-tokens", "post"): MANAGE,
    ("api-token", "delete"): MANAGE,
    ("api-projects", "get"): READ,
    ("api-projects", "post"): MANAGE,
    ("api-project", "get"): READ,
    ("api-project", "patch"): MANAGE,
    ("api-project", "delete"): MANAGE,
    ("api-project-schema", "get"): READ,
    ("api-project-schema", "put"): MANAGE,
    ("api-guideline", "get"): READ,
    ("api-members", "get"): READ,
    ("api-members", "post"): MANAGE,
    ("api-member", "patch"): MANAGE,
    ("api-member", "delete"): MANAGE,
    ("api-invitations", "get"): READ,
    ("api-invitations", "post"): MANAGE,
    ("api-invitation", "delete"): MANAGE,
    ("api-imports", "post"): MANAGE,
    ("api-export", "get"): READ,
    ("api-export-card", "get"): READ,
    ("api-jobs", "get"): READ,
    ("api-job", "get"): READ,
    ("api-job", "delete"): MANAGE,
    ("api-job-problems", "get"): READ,
    ("api-tasks", "get"): READ,
    ("api-tasks", "post"): MANAGE,
    ("api-task", "get"): READ,
    ("api-task", "patch"): MANAGE,
    ("api-task", "delete"): MANAGE,
    ("api-task-deletions", "post"): MANAGE,
    ("api-task-deletion", "delete"): MANAGE,
    ("api-claims", "get"): READ,
    ("api-claims", "post"): LABEL,
    ("api-claims-renew", "post"): LABEL,
    ("api-claims-release", "post"): LABEL,
    ("api-annotations", "get"): READ,
    ("api-annotations", "post"): LABEL,
    ("api-annotations-mine", "get"): READ,
    ("api-task-annotations", "get"): READ,
    ("api-task-annotations", "post"): LABEL,
    ("api-task-comments", "get"): READ,
    ("api-task-comments", "post"): LABEL,
    ("api-comment-resolution", "post"): LABEL,
    ("api-comment-resolution", "delete"): LABEL,
    ("api-task-flags", "post"): LABEL,
    ("api-task-flags", "delete"): LABEL,
    ("api-annotation-return", "post"): LABEL,
    ("api-annotation-return", "delete"): LABEL,
    ("api-labels", "get"): READ,
    ("api-webhooks", "get"): READ,
    ("api-webhooks", "post"): MANAGE,
    ("api-webhook", "get"): READ,
    ("api-webhook", "patch"): MANAGE,
    ("api-webhook", "delete"): MANAGE,
    ("api-webhook-ping", "post"): MANAGE,
    ("api-webhook-deliveries", "get"): READ,
    ("api-webhook-again", "post"): MANAGE,
    ("api-gold-people", "get"): READ,
    ("api-gold-tasks", "get"): READ,
    ("api-gold-tasks", "post"): MANAGE,
    ("api-gold-task", "delete"): MANAGE,
    ("api-flags", "get"): READ,
    ("api-flag-claims", "post"): LABEL,
    ("api-flag-claims-renew", "post"): LABEL,
    ("api-flag-claims-release", "post"): LABEL,
    ("api-flag-resolutions", "post"): LABEL,
    ("api-flag-resolution", "post"): LABEL,
    ("api-flag-resolution", "delete"): LABEL,
    ("api-task-adjudication", "post"): LABEL,
    ("api-task-adjudication", "delete"): LABEL,
    ("api-adjudications", "get"): READ,
    ("api-person-statistics", "get"): READ,
    ("api-agreement", "get"): READ,
    ("api-agreement", "post"): MANAGE,
    ("api-runs", "get"): READ,
    ("api-runs", "post"): MANAGE,
    ("api-predictions", "get"): READ,
    ("api-predictions", "post"): MANAGE,
    ("api-predictions", "delete"): MANAGE,
}
ROUTES = walking.ROUTES | routes_of(quality_urls.urlpatterns)


def with_token(user: User, scope: str, **more: Any) -> APIClient:
    """Return a client that shows a token of the person."""
    _, secret = tokens.issue_token(user=user, name="script", scope=scope, **more)
    return APIClient(headers={"Authorization": f"Bearer {secret}"})


def send(client: APIClient, place: World, name: str, method: str) -> Any:
    """Send what the walk by roles sends; to quality, which has a walk of its own, anything."""
    if (name, method) in walking.ROUTES:
        return test_access.send(client, place, name, method)
    part = name.removeprefix("api-").replace("person-", f"people/{place.member.user_id}/")
    path = f"/api/projects/{place.project.slug}/{part}/"
    return client.generic(method.upper(), path, "{}" if method != "get" else "", content_type="application/json")


def test_every_route_and_method_names_its_scope() -> None:
    assert set(NEEDED) == set(ROUTES)


@pytest.mark.parametrize("scope", Scope.values)
def test_a_token_is_good_for_what_its_scope_says_and_no_more(scope: str) -> None:
    place = world()
    client = with_token(place.people["manager"], scope)
    wrong = {}
    for (name, method), needed in NEEDED.items():
        with test_access.undone():
            response = send(client, place, name, method)
            refused = response.status_code == 403 and "scope" in str(json.loads(response.content)["detail"])
        if refused != (Scope.values.index(scope) < Scope.values.index(needed)):
            wrong[f"{method} {name}"] = f"needs {needed}, but the answer was {response.status_code}"
        if not refused and response.status_code in (401, 403):
            wrong[f"{method} {name}"] = f"is refused with {response.status_code}"
    assert wrong == {}


@pytest.mark.parametrize("person", ["outsider", "viewer", "annotator", "reviewer"])
def test_a_token_gives_nobody_more_than_their_role(person: str) -> None:
    place = world()
    client = with_token(place.people[person], MANAGE)
    wrong = {}
    for (name, method), rule in test_access.RULES.items():
        with test_access.undone():
            status = send(client, place, name, method).status_code
        wanted = test_access.expected(rule, person)
        if (200 if status < 300 else status) != wanted:
            wrong[f"{method} {name}"] = f"expected {wanted}, got {status}"
    assert wrong == {}


def test_a_method_without_a_scope_takes_no_token() -> None:
    class Forgotten(Endpoint):
        """An endpoint whose author forgot the scope."""

        def get(self, request: Any) -> Response:
            return Response({})

    _, secret = tokens.issue_token(user=factories.user(), name="script", scope=MANAGE)
    request = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"})
    assert Forgotten.as_view()(request).status_code == 403


def test_a_token_works_until_it_ends() -> None:
    person = factories.user()
    client = with_token(person, READ, expires_at=timezone.now() + timedelta(hours=1))
    assert client.get("/api/me/").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    ended = client.get("/api/me/")
    assert ended.status_code == 401
    assert "expired" in ended.json()["detail"]


def test_a_program_cannot_make_a_token_that_outlives_its_own() -> None:
    end = timezone.now() + timedelta(hours=1)
    client = with_token(factories.user(), MANAGE, expires_at=end)
    for later in (None, (end + timedelta(seconds=1)).isoformat()):
        refused = client.post("/api/tokens/", {"name": "longer", "expires_at": later}, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "expires_at")
    made = client.post("/api/tokens/", {"name": "shorter", "expires_at": end.isoformat()}, format="json")
    assert made.status_code == 201
    assert made.json()["scope"] == READ


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"scope": "all"}, "scope"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": 4_000_000_000}, "expires_at"),
    ],
)
def test_a_token_of_another_scope_or_without_a_future_is_refused(sent: dict[str, Any], path: str) -> None:
    person = factories.user()
    client = APIClient()
    sessions.signed_in(client, person)
    refused = client.post("/api/tokens/", {"name": "script"} | sent, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, path)
    assert not ApiToken.objects.exists()
