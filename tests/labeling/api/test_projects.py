"""Projects, their people, and tokens over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rest_framework.test import APIClient

from labeling.models import ApiToken, Membership, QueueEntry, TaskState, User
from labeling.services import annotations as saving
from labeling.services import claims, jobs, people, projects, tokens
from labeling.services.annotations import Submission
from tests import factories
from tests.factories import PASSWORD, TEXT_SCHEMA
from tests.query_counts import assert_same_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.models import Project, Task

    ApiFor = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


def test_a_project_is_created_with_a_slug_and_its_creator_as_manager(api_for: ApiFor) -> None:
    client = api_for(factories.user())
    made = client.post(
        "/api/projects/",
        {"name": "My texts", "schema": TEXT_SCHEMA, "overlap": 3, "agreement_floor": 0.7},
        format="json",
    )
    assert made.status_code == 201
    assert made.json()["slug"] == "my-texts"
    assert (made.json()["overlap"], made.json()["agreement_floor"]) == (3, 0.7)
    assert made.json()["role"] == "manager"
    assert client.get("/api/projects/my-texts/").json() == made.json()
    schema = client.get("/api/projects/my-texts/schema/").json()
    assert schema["version"] == 1
    assert schema["schema"]["questions"][0]["labels"][0]["key"] == "1"


def test_the_list_has_only_ones_own_projects_at_a_steady_cost(api_for: ApiFor) -> None:
    person = factories.user()
    client = api_for(person)
    factories.project()
    factories.project(manager=person)
    assert_same_queries(
        lambda: client.get("/api/projects/"), add_rows=lambda: [factories.project(manager=person) for _ in range(4)]
    )
    assert len(client.get("/api/projects/").json()["results"]) == 5


def test_only_what_was_sent_is_changed(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/"
    before = client.get(address).json()
    after = client.patch(address, {"name": "Renamed", "agreement_floor": 1}, format="json").json()
    none = {"asked": 0, "disputed": 0, "labeled": 0, "looked_at": 0, "total": 0}
    fit = {"more": 0, "fewer": 0, "answered": 0, "looked_at": 0, "total": 0}
    meant = {"foreseen": none, "job": None, "fit": fit, "fit_job": None}
    assert after == before | {"name": "Renamed", "agreement_floor": 1.0} | meant
    assert client.patch(address, {"archived": True}, format="json").json()["archived"]
    refused = client.post(f"{address}claims/", {"count": 1}, format="json")
    assert refused.status_code == 403
    assert "archived" in refused.json()["detail"]


def test_a_schema_grows_by_versions(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/schema/"
    schema = client.get(address).json()["schema"]
    schema["questions"][0]["labels"].append("new")
    grown = client.put(address, {"schema": schema}, format="json").json()
    assert grown["version"] == 2
    assert grown["schema"]["questions"][0]["labels"][-1]["name"] == "new"


def give(task: Task, person: User, answer: str) -> None:
    """Answer a task as a person does."""
    claims.claim_task(actor=person, task=task)
    saving.submit(actor=person, task=task, submission=Submission({"intent": answer}), key=f"{task.pk}-{person.pk}")


@pytest.fixture
def differing() -> Project:
    """Make a project with a task that two people answered differently, which a floor of 0.5 lets pass."""
    project = factories.project(overlap=3, max_overlap=3)
    projects.update(actor=project.created_by, project=project, agreement_floor=0.5)
    task = factories.task(project)
    for answer in ("billing", "billing", "delivery"):
        give(task, factories.member(project), answer)
    return project


def test_what_new_settings_mean_is_told_before_and_done_only_when_asked_for(
    differing: Project, api_for: ApiFor
) -> None:
    client = api_for(differing.created_by)
    address = f"/api/projects/{differing.slug}/"
    dry = client.patch(address, {"agreement_floor": 0.9, "settle": True, "dry_run": True}, format="json").json()
    assert (dry["agreement_floor"], dry["foreseen"]["disputed"], dry["job"]) == (0.5, 1, None)

    left = client.patch(address, {"agreement_floor": 0.9}, format="json").json()
    assert (left["agreement_floor"], left["foreseen"]["disputed"], left["job"]) == (0.9, 1, None)
    assert QueueEntry.objects.get().state == TaskState.LABELED

    client.patch(address, {"agreement_floor": 0.5}, format="json")
    done = client.patch(address, {"agreement_floor": 0.9, "settle": True}, format="json").json()
    jobs.perform_job(done["job"])
    assert QueueEntry.objects.get().state == TaskState.DISPUTED


def test_who_lacks_a_newly_required_answer_is_told_before_and_asked_only_when_asked_for(
    project: Project, api_for: ApiFor
) -> None:
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/schema/"
    give(factories.task(project), factories.member(project), "billing")
    schema = client.get(address).json()["schema"]
    schema["questions"].append({"name": "mood", "kind": "rating", "field": "text", "required": True})

    dry = client.put(address, {"schema": schema, "dry_run": True}, format="json").json()
    assert (dry["version"], dry["lacking"], dry["job"]) == (1, 1, None)
    done = client.put(address, {"schema": schema, "ask": True}, format="json").json()
    assert (done["version"], done["lacking"]) == (2, 1)
    jobs.perform_job(done["job"])
    assert QueueEntry.objects.get().state == TaskState.TODO


def test_an_address_is_invited_and_becomes_a_member_by_accepting(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/members/"
    added = client.post(address, {"email": "New@Example.org", "role": "annotator"}, format="json")
    assert added.status_code == 202
    assert (added.json()["email"], added.json()["mailed"]) == ("new@example.org", False)
    assert not User.objects.filter(email="new@example.org").exists()
    person = factories.user("new@example.org")
    people.accept(user=person, secret=added.json()["url"].rstrip("/").rpartition("/")[2])
    again = client.post(address, {"email": " NEW@example.org", "role": "reviewer"}, format="json")
    assert again.status_code == 200
    assert (again.json()["role"], again.json()["user"]["verified"]) == ("reviewer", False)
    one = f"{address}{again.json()['id']}/"
    assert client.patch(one, {"role": "viewer"}, format="json").json()["role"] == "viewer"
    assert client.delete(one).status_code == 204
    assert not Membership.objects.filter(project=project, user=person).exists()
    wrong = [({"email": email, "role": "viewer"}, "email") for email in ("x", "", " ")]
    for body, path in (*wrong, ({"email": "a@b.co", "role": "boss"}, "role")):
        refused = client.post(address, body, format="json")
        assert refused.status_code == 400
        assert [entry["path"] for entry in refused.json()["errors"]] == [path]


def test_the_last_manager_stays(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)
    me = Membership.objects.get(project=project, user=project.created_by)
    assert client.delete(f"/api/projects/{project.slug}/members/{me.pk}/").status_code == 409


def test_members_and_invitations_are_listed_at_a_steady_cost(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)

    def add(count: int) -> None:
        for _ in range(count):
            factories.member(project)
            people.invite(actor=project.created_by, project=project, role="viewer")

    add(1)
    for name in ("members", "invitations"):
        assert_same_queries(lambda: client.get(f"/api/projects/{project.slug}/{name}/"), add_rows=lambda: add(3))  # noqa: B023


def test_an_invitation_shows_its_link_once(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/invitations/"
    made = client.post(address, {"role": "annotator", "email": "guest@example.org"}, format="json").json()
    assert made["url"].startswith("http://testserver/")
    assert people.invitation_of(made["url"].rstrip("/").rpartition("/")[2]).email == "guest@example.org"
    assert "url" not in client.get(address).json()["results"][0]
    assert client.delete(f"{address}{made['id']}/").status_code == 204
    assert client.get(address).json()["results"] == []


def test_a_token_signs_in_until_it_is_revoked() -> None:
    user = factories.user()
    _, secret = tokens.issue_token(user=user, name="script", scope="manage")
    client = APIClient(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
    me = client.get("/api/me/").json()
    assert me | {"id": user.pk, "email": user.email, "name": "", "verified": False} == me
    made = client.post("/api/tokens/", {"name": "another"}, format="json").json()
    assert made["token"].startswith(made["prefix"])
    listed = client.get("/api/tokens/").json()["results"]
    assert [token["name"] for token in listed] == ["script", "another"]
    assert listed[0]["last_used_at"] is not None
    assert made["token"] not in str(listed)
    assert not ApiToken.objects.filter(digest=made["token"]).exists()
    assert client.delete(f"/api/tokens/{listed[0]['id']}/").status_code == 204
    refused = client.get("/api/me/")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer " + "x" * 5000, "Bearer \xff", "bearer a b"]
)
def test_a_token_that_is_none_is_a_401(header: str) -> None:
    response = APIClient().get("/api/me/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["status"] == 401


def test_the_token_of_somebody_who_left_does_not_work() -> None:
    user = factories.user()
    _, secret = tokens.issue_token(user=user, name="script", scope="manage")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert APIClient().get("/api/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_browser_session_needs_a_csrf_token_to_write() -> None:
    user = factories.user(password=PASSWORD)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/me/").status_code == 200
    refused = client.post("/api/tokens/", {"name": "x"}, format="json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    assert refused.headers["Content-Type"] == "application/problem+json"
    client.cookies["dcai_csrf"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    assert client.post("/api/tokens/", {"name": "x"}, format="json", headers=headers).status_code == 201


def test_tokens_are_listed_at_a_steady_cost(api_for: ApiFor) -> None:
    user = factories.user()
    client = api_for(user)
    tokens.issue_token(user=user, name="first", scope="manage")
    assert_same_queries(
        lambda: client.get("/api/tokens/"),
        add_rows=lambda: [tokens.issue_token(user=user, name=f"number {n}", scope="manage") for n in range(3)],
    )
