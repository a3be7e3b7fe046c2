"""How a person likes to work: kept with a type, through the API, and shown where it matters."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Role, User
from labeling.models.preferences import USUAL_KEYS, Preferences, key_words
from tests import factories

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def change(client: Client, **body: object) -> tuple[int, dict[str, object]]:
    reply = client.patch("/api/me/", body, content_type="application/json")
    return reply.status_code, reply.json()


def test_keys_are_chosen_and_the_usual_ones_come_back(client_for: SignIn) -> None:
    person = factories.user()
    client = client_for(person)
    assert client.get("/api/me/").json()["keys"] == USUAL_KEYS
    status, me = change(client, keys={**USUAL_KEYS, "next": "n", "redo": "Shift n"})
    assert (status, me["keys"]) == (200, {**USUAL_KEYS, "next": "n", "redo": "Shift n"})
    person.refresh_from_db()
    assert person.preferences == {"keys": {"next": "n", "redo": "Shift n"}}, "what is as usual is not kept"
    assert change(client, goes_on=True)[1]["keys"] == me["keys"], "what is left out stays"
    assert change(client, keys={})[1]["keys"] == USUAL_KEYS
    person.refresh_from_db()
    assert person.preferences == {"goes_on": True}


def test_two_actions_exchange_their_keys(client_for: SignIn) -> None:
    status, me = change(client_for(factories.user()), keys={"next": "k", "previous": "j"})
    assert (status, me["keys"]) == (200, {**USUAL_KEYS, "next": "k", "previous": "j"})


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"next": "5"}, "keys.next"),
        ({"next": "/"}, "keys.next"),
        ({"next": "Tab"}, "keys.next"),
        ({"next": "N"}, "keys.next"),
        ({"next": "Shift +"}, "keys.next"),
        ({"next": ""}, "keys.next"),
        ({"next": "n\n"}, "keys.next"),
        ({"fly": "n"}, "keys.fly"),
        ({"next": "k"}, "keys.previous"),
        ({"next": "n", "flag": "n"}, "keys.flag"),
    ],
)
def test_a_key_that_cannot_be_had_is_refused_with_its_path(client_for: SignIn, keys: dict[str, str], path: str) -> None:
    person = factories.user()
    status, problem = change(client_for(person), keys=keys)
    assert status == 400
    assert path in str(problem["errors"])
    person.refresh_from_db()
    assert person.preferences == {}


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"theme": "dark"},
        {"goes_on": True, "theme": "auto"},
        {"tasks": {"view": "grid"}},
        {"tasks": {"columns": ["state", "gone"], "dense": True}},
        {"keys": {"next": "n", "action of another version": "x", "undo": "5"}},
    ],
)
def test_what_older_versions_kept_loads_and_pages_show(client_for: SignIn, stored: dict[str, object]) -> None:
    project = factories.project()
    factories.task(project)
    person = factories.member(project)
    User.objects.filter(pk=person.pk).update(preferences=stored)
    client = client_for(User.objects.get(pk=person.pk))
    for name in ("project-tasks", "project-label", "project-overview"):
        assert client.get(reverse(name, args=(project.slug,))).status_code == 200, name
    assert client.get("/me/keys/").context["config"]["keys"]["undo"] == "z"
    assert Preferences.load(Preferences.load(stored).dump()) == Preferences.load(stored)


def test_the_first_page_names_the_keys_that_the_person_has(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    client = client_for(factories.member(project, Role.ANNOTATOR))
    change(client, keys={"submit": "n", "guideline": "F2"})
    page = client.get(reverse("project-overview", args=(project.slug,))).content.decode()
    keys = page[page.index('id="label-keys"') :]
    assert re.search(r"<dt><kbd>N</kbd></dt><dd>Submit", keys)
    assert re.search(r"<dt><kbd>Space</kbd></dt><dd>Skip", keys)
    assert "<kbd>Enter</kbd>" not in keys[: keys.index("</dl>")]


def test_keys_are_named_as_they_are_printed() -> None:
    named = [key_words(key) for key in ("z", "Shift z", "ArrowUp", "-", "Space", "Shift PageDown")]
    assert named == ["Z", "Shift Z", "↑", "\N{MINUS SIGN}", "Space", "Shift Page Down"]
