"""Ids of one project in addresses and bodies of another: not there, and nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import Event, Flag, Lease, Membership, QueueEntry, Role, SavedFilter, Task, User
from labeling.services import claims, explorer
from tests import factories, sessions
from tests.security.pages import address, argument, variables
from tests.security.rules import RULES, body
from tests.security.visiting import ALLOWED, send, told, undone
from tests.security.worlds import World, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

OF_A_PROJECT = {
    "task_id", "job_id", "upload_id", "flag_id", "act_id", "filter_id", "membership_id", "invitation_id", "proof",
    "sha256", "service_id", "service_token_id", "sample_id", "review_id", "comment_id", "webhook_id",
    "delivery_id", "person_id",
}  # fmt: skip
MIXED = sorted(
    (name, variable)
    for name in RULES
    if "slug" in variables(name)
    for variable in variables(name)
    if variable in OF_A_PROJECT
)
NAMES_NO_THING = {
    "slug",
    "number",
    "role",
    "template",
    "variant",
    "secret",
    "uidb64",
    "token",
    "token_id",
    "provider_id",
}
"""What an address has in it besides ids that belong to a project."""


@pytest.fixture
def worlds() -> tuple[World, World, User]:
    """Two projects, and a person who is manager of both."""
    one, other = world(), world(color="blue")
    person = factories.member(one.project, Role.MANAGER, password=factories.PASSWORD)
    Membership.objects.create(project=other.project, user=person, role=Role.MANAGER)
    for place in (one, other):
        kept = explorer.save_filter(actor=person, project=place.project, name="Mine", query="q=a")
        place.arguments["filter_id"] = kept.pk
    return one, other, person


@contextmanager
def nothing_happens() -> Iterator[None]:
    """Assert that nothing is written: every service that writes records an event."""
    before = Event.objects.count()
    yield
    assert Event.objects.count() == before


def test_every_variable_of_an_address_is_known_to_belong_to_a_project_or_not() -> None:
    every = {variable for name in RULES for variable in variables(name)}
    unknown = every - OF_A_PROJECT - NAMES_NO_THING
    assert not unknown, f"Say in {__file__} whether these belong to a project: {sorted(unknown)}"


def test_ids_of_another_project_are_not_there(worlds: tuple[World, World, User]) -> None:
    one, other, person = worlds
    client = Client()
    sessions.signed_in(client, person)
    wrong: dict[str, str | int] = {}
    for name, variable in MIXED:
        key = argument(name, variable)
        mixed = address(name, {**one.arguments, key: other.arguments[key]})
        for method in RULES[name]:
            with undone(client), nothing_happens():
                sent = client.post(mixed, body(name, one)) if method == "post" else client.get(mixed)
                if sent.status_code != 404:
                    wrong[f"{method} {name} with the {variable} of another project"] = sent.status_code
            with undone(client):
                whole = told(send(client, one, name, method))
            if whole != ALLOWED:
                wrong[f"{method} {name} with ids of one project"] = whole
    assert wrong == {}


@pytest.mark.parametrize("act", ["quarantine", "restore", "split:test", "label:intent:billing"])
def test_tasks_of_another_project_are_not_changed_by_a_bulk_form(
    act: str, worlds: tuple[World, World, User], client_for: Callable[[User], Client]
) -> None:
    one, other, person = worlds
    client = client_for(person)
    for chosen in ([other.task.pk], [one.task.pk, other.task.pk]):
        with nothing_happens():
            response = client.post(address("project-tasks-bulk", one.arguments), {"act": act, "task": chosen})
            assert response.status_code == 404
    for place in (one, other):
        assert Task.objects.get(pk=place.task.pk).split == ""
        assert QueueEntry.objects.get(task=place.task).state == "todo"


def test_a_bulk_form_for_all_that_fit_stays_within_its_project(
    worlds: tuple[World, World, User], client_for: Callable[[User], Client]
) -> None:
    one, other, person = worlds
    form = {"act": "quarantine", "scope": "matching", "back": ""}
    client_for(person).post(address("project-tasks-bulk", one.arguments), form)
    assert not QueueEntry.objects.filter(project=one.project).exclude(state="quarantined").exists()
    assert not QueueEntry.objects.filter(project=other.project, state="quarantined").exists()


def test_leases_of_another_project_are_neither_renewed_nor_released(
    worlds: tuple[World, World, User], api_for: Callable[[User], APIClient]
) -> None:
    one, other, person = worlds
    held = claims.claim(actor=person, project=other.project, count=1).task_ids
    client, base = api_for(person), f"/api/projects/{one.project.slug}/claims/"
    renewed = client.post(f"{base}renew/", {"tasks": list(held)}, format="json")
    assert renewed.json() == {"renewed": [], "lost": list(held)}
    assert client.post(f"{base}release/", {"tasks": list(held)}, format="json").json() == {"released": []}
    assert client.post(f"{base}release/", {}, format="json").json() == {"released": []}
    assert Lease.objects.filter(task_id__in=held).count() == 1


def test_flags_of_another_project_are_neither_decided_nor_held(
    worlds: tuple[World, World, User], api_for: Callable[[User], APIClient]
) -> None:
    one, other, person = worlds
    client, base = api_for(person), f"/api/projects/{one.project.slug}/flags/"
    theirs, ours = other.arguments["flag_id"], one.arguments["flag_id"]
    for chosen in ([theirs], [ours, theirs]):
        with nothing_happens():
            decided = client.post(f"{base}resolutions/", {"decision": "keep", "flags": chosen}, format="json")
            assert decided.status_code == 404
    claimed = client.post(f"{base}claims/", {"count": 20}, format="json").json()["flags"]
    assert {flag["id"] for flag in claimed} == {ours}
    renewed = client.post(f"{base}claims/renew/", {"flags": [theirs]}, format="json").json()
    assert renewed == {"renewed": [], "lost": [theirs]}
    listed = client.get(base, {"task": other.task.pk}).json()["results"]
    assert listed == []
    assert set(Flag.objects.values_list("state", flat=True)) == {"open"}


def test_nothing_is_learned_of_another_project_by_asking_what_is_like_its_tasks(
    worlds: tuple[World, World, User], api_for: Callable[[User], APIClient]
) -> None:
    one, other, person = worlds
    client = api_for(person)
    found = client.get(f"/api/projects/{one.project.slug}/tasks/", {"similar": other.task.pk})
    assert found.json().get("results", []) == []
    page = client.get(address("project-tasks", one.arguments), {"similar": other.task.pk})
    assert "Good day." not in page.content.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("patch", "members/{membership_id}/"),
        ("delete", "members/{membership_id}/"),
        ("delete", "invitations/{invitation_id}/"),
    ],
)
def test_ids_of_another_project_in_the_api_are_not_there(
    method: str, path: str, worlds: tuple[World, World, User], api_for: Callable[[User], APIClient]
) -> None:
    one, other, person = worlds
    where = f"/api/projects/{one.project.slug}/{path.format(**other.arguments)}"
    with nothing_happens():
        response = api_for(person).generic(method.upper(), where, '{"role": "viewer"}', content_type="application/json")
        assert response.status_code == 404


def test_lists_of_the_api_filtered_by_a_task_of_another_project_are_empty(
    worlds: tuple[World, World, User], api_for: Callable[[User], APIClient]
) -> None:
    one, other, person = worlds
    found = api_for(person).get(f"/api/projects/{one.project.slug}/labels/", {"task": other.task.pk})
    assert found.json()["results"] == []


def test_a_filter_of_another_person_is_neither_shown_nor_deleted(
    worlds: tuple[World, World, User], client_for: Callable[[User], Client]
) -> None:
    one, _, _ = worlds
    client = client_for(one.manager)
    assert client.post(address("project-filter-delete", one.arguments)).status_code == 404
    assert SavedFilter.objects.filter(pk=one.arguments["filter_id"]).exists()
    assert list(client.get(address("project-tasks", one.arguments)).context["saved"]) == []


@pytest.mark.parametrize(
    "path", ["/api/tasks/{task_id}/", "/api/jobs/{job_id}/", "/tasks/{task_id}/", "/jobs/{job_id}/"]
)
def test_what_has_an_address_of_its_own_is_for_members_only(
    path: str, worlds: tuple[World, World, User], client_for: Callable[[User], Client]
) -> None:
    one, other, _ = worlds
    where: Any = path.format(**other.arguments)
    assert client_for(one.manager).get(where).status_code == 404
    assert client_for(other.manager).get(where).status_code in {200, 302}
