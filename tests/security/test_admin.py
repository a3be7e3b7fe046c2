"""Django's administration: every address of it, for site administrators only; and one door for all."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver

from labeling.models import User
from tests import factories
from tests.security.pages import patterns
from tests.security.worlds import LADDER, World, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
ROUTES = sorted({route for route, _ in patterns(get_resolver().url_patterns) if route.startswith("admin/")})
NO_ADMINISTRATORS = ("anonymous", "outsider", *LADDER[:-1])


def addresses(place: World) -> list[str]:
    """Return every address below /admin/, with ids of things that are there."""
    named = {"app_label": "labeling", "object_id": str(place.manager.pk), "content_type_id": "1", "url": "labeling"}

    def filled(name: re.Match[str]) -> str:
        return named.get(name[1], str(place.manager.pk))

    found = []
    for route in ROUTES:
        path = re.sub(r"<(?:\w+:)?(\w+)>", filled, route)
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", filled, path)
        found.append("/" + path.replace("^", "").replace("$", "").replace("(?:.*)", "odd"))
    return found


def test_the_walk_sees_the_administration() -> None:
    assert {"admin/", "admin/labeling/user/add/", "admin/labeling/user/<path:object_id>/change/"} <= set(ROUTES)


@pytest.mark.parametrize("person", NO_ADMINISTRATORS)
def test_nobody_else_gets_anything(person: str, client_for: Callable[[User], Client]) -> None:
    place = world()
    client = Client() if person == "anonymous" else client_for(place.people[person])
    for path in addresses(place):
        for method in ("GET", "POST"):
            response = client.generic(method, path)
            sent_away = response.status_code == 302 and "/login/" in response["Location"]
            if path == "/admin/logout/" and response.status_code == 302:
                sent_away = response["Location"] == "/admin/"  # from where one is sent away
            refused = response.status_code in {403, 404, 405} or response.status_code == 301
            assert sent_away or refused, f"{person} {method} {path} answered {response.status_code}"


def test_site_administrators_get_in(client_for: Callable[[User], Client]) -> None:
    place = world()
    client = client_for(place.people["superuser"])
    assert client.get("/admin/").status_code == 200
    assert client.get(f"/admin/labeling/user/{place.manager.pk}/change/").status_code == 200


def test_the_administration_has_no_door_of_its_own() -> None:
    person = factories.user(password=factories.PASSWORD, is_superuser=True, is_staff=True)
    client = Client()
    asked = client.get("/admin/labeling/user/")
    assert asked["Location"] == "/admin/login/?next=/admin/labeling/user/"
    assert client.get(asked["Location"])["Location"] == "/login/?next=/admin/labeling/user/"
    assert client.post("/admin/login/", {"username": person.email, "password": factories.PASSWORD}).status_code == 405
    assert "sessionid" not in str(client.cookies)


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_door_leads_nowhere_else(wanted: str) -> None:
    assert Client().get("/admin/login/", {"next": wanted})["Location"] == "/login/?next=/admin/"


def test_a_secret_is_on_no_page_of_the_administration(client_for: Callable[[User], Client]) -> None:
    place = world()
    client = client_for(place.people["superuser"])
    token = place.arguments["token_id"]
    invitation = place.arguments["invitation_id"]
    for path in (f"/admin/labeling/apitoken/{token}/change/", f"/admin/labeling/invitation/{invitation}/change/"):
        page = client.get(path)
        assert page.status_code == 200
        assert not re.search(r"\b[0-9a-f]{64}\b", page.content.decode())
        assert client.post(path, {"name": "x"}).status_code == 403


def test_events_and_sign_ins_are_told_in_words(client_for: Callable[[User], Client]) -> None:
    place = world()
    client = client_for(place.people["superuser"])
    events = client.get("/admin/labeling/event/").content.decode()
    assert "created the project" in events
    assert "project.created" not in events
    index = client.get("/admin/").content.decode()
    assert "Sign-ins" in index
    assert ">Axes<" not in index
    assert 'rel="icon"' in index
