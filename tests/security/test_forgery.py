"""Requests that another site makes a browser send, and requests that say they are somebody else's."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings as site
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import Event, Media, User
from labeling.services import limits, media, tokens
from tests import factories, sessions
from tests.labeling.api.walking import ROUTES
from tests.labeling.api.walking import world as api_world
from tests.security.pages import address
from tests.security.rules import RULES
from tests.security.visiting import send, signed_in
from tests.security.worlds import picture, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


@pytest.fixture
def strict() -> Callable[[User], Client]:
    """Return a function that gives a signed-in browser which is asked for CSRF tokens."""

    def sign_in(user: User) -> Client:
        client = Client(enforce_csrf_checks=True)
        sessions.signed_in(client, user)
        return client

    return sign_in


def test_no_form_is_taken_from_another_site() -> None:
    place = world()
    client = signed_in(place, "superuser", enforce_csrf_checks=True)
    events = Event.objects.count()
    for name in (name for name, methods in RULES.items() if "post" in methods):
        for headers in ({}, {"X-CSRFToken": "x" * 64}, {"Origin": "https://evil.example"}):
            answer = send(client, place, name, "post", headers=headers)
            assert answer.status_code == 403, f"{name} took a form with {headers or 'no token'}"
            assert "open for too long" in answer.content.decode()
    assert Event.objects.count() == events


def test_a_token_of_another_browser_is_none(strict: Callable[[User], Client]) -> None:
    person, thief = factories.user(), factories.user()
    token = _token(strict(thief))
    answer = strict(person).post("/me/", {"name": "Stolen", "csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    client = strict(person)
    assert client.post("/me/", {"name": "Mine", "csrfmiddlewaretoken": _token(client)}).status_code == 302


def _token(client: Client) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/me/").content.decode())
    assert found
    return found[1]


def test_the_api_takes_no_session_without_a_token_of_its_browser() -> None:
    place = api_world()
    client = APIClient(enforce_csrf_checks=True)
    sessions.signed_in(client, place.people["manager"])
    kinds = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for name, method in sorted(key for key in ROUTES if key[1] != "get"):
        for kind in kinds:
            answer = client.generic(method.upper(), place.address(name), "{}", content_type=kind)
            assert answer.status_code == 403, f"{method} {name} as {kind}: {answer.content[:200]!r}"
            assert "CSRF" in answer.json()["detail"]


def test_a_bearer_token_needs_no_cookie_and_no_csrf_token() -> None:
    _, secret = tokens.issue_token(user=factories.user(), name="script", scope="manage")
    client = APIClient(enforce_csrf_checks=True)
    made = client.post("/api/tokens/", {"name": "x"}, format="json", headers={"Authorization": f"Bearer {secret}"})
    assert made.status_code == 201


def test_a_bearer_token_opens_no_page() -> None:
    _, secret = tokens.issue_token(user=factories.user(is_superuser=True, is_staff=True), name="script", scope="manage")
    for path in ("/", "/me/", "/admin/"):
        assert Client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code == 302


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "key", "auth", "authorization", "bearer"])
def test_a_token_in_an_address_or_a_form_is_not_a_token(name: str) -> None:
    place = world()
    _, secret = tokens.issue_token(user=place.manager, name="script", scope="manage")
    media = address("media", place.arguments)
    for path in ("/api/me/", "/me/", f"/api/projects/{place.project.slug}/", media):
        for value in (secret, f"Bearer {secret}"):
            answer = Client().get(path, {name: value})
            assert answer.status_code in {401, 302}
    posted = APIClient().post("/api/tokens/", {name: secret, "name": "x"}, format="json")
    assert posted.status_code == 401
    client = Client()
    client.cookies[name] = secret
    assert client.get("/api/me/").status_code == 401


def test_guessing_tokens_is_slowed_down_and_good_ones_are_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = limits.BAD_TOKENS
    monkeypatch.setattr(limits, "BAD_TOKENS", limits.Limit(limit.name, 3, limit.seconds, limit.message))
    _, secret = tokens.issue_token(user=factories.user(), name="script", scope="manage")
    client = APIClient()
    answers = [client.get("/api/me/", headers={"Authorization": f"Bearer dcai_{n:043d}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1]["Retry-After"] == "60"
    assert answers[-1].json()["status"] == 429
    assert Client().get("/media/a/b/thumb", headers={"Authorization": "Bearer x"}).status_code == 429
    assert client.get("/api/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    elsewhere = APIClient(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.get("/api/me/", headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_good_token_costs_no_look_at_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = tokens.issue_token(user=factories.user(), name="script", scope="manage")
    asked: list[str] = []
    monkeypatch.setattr(limits.Limit, "count", lambda self, key: asked.append(key))
    assert APIClient().get("/api/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert asked == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "[::2]", "testserver@evil"]
)
def test_other_host_names_are_refused(host: str) -> None:
    for path in ("/login/", "/api/me/", "/media/a/b/thumb", "/nothing/"):
        answer = Client().get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()


def test_a_forwarded_host_is_not_believed() -> None:
    answer = Client().get("/api/docs/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()


def test_media_is_not_had_by_guessing_its_hash(client_for: Callable[[User], Client]) -> None:
    one, other = world(), world(color="blue")
    client = client_for(one.manager)
    for image in Media.objects.all():
        media.make_variants(image)
    known = client.get(address("media", one.arguments))
    assert known.status_code == 200
    assert len(b"".join(cast("Any", known).streaming_content)) > 0
    mixed = address("media", {**other.arguments, "slug": one.project.slug})
    for path in (mixed, address("media", other.arguments), f"/media/{one.project.slug}/{'0' * 64}/thumb"):
        for headers in ({}, {"If-None-Match": f'"{other.arguments["sha256"]}-thumb"'}, {"Range": "bytes=0-1"}):
            assert client.get(path, headers=headers).status_code == 404
    assert Client().get(address("media", one.arguments)).status_code == 302
    _, secret = tokens.issue_token(user=other.manager, name="script", scope="manage")
    answer = Client().get(address("media", one.arguments), headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 404


WAYS_OUT = (
    "../../secret.txt", "..%2f..%2fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "..%252f..%252fsecret.txt",
    "....//secret.txt", "..\\..\\secret.txt", "%00secret.txt",
    "/etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd", "~/.dcai/secret_key",
)  # fmt: skip


def test_no_path_leads_out_of_the_folders_that_are_served(own_storage: Path) -> None:
    place = world()
    (own_storage.parent / "secret.txt").write_text("the secret", encoding="utf-8")
    client = signed_in(place, "superuser")
    slug, sha256 = place.project.slug, place.arguments["sha256"]
    prefixes = (
        "/static/", f"/media/{slug}/{sha256}/", f"/media/{slug}/{sha256[:2]}/{sha256}/", f"/media/{slug}/", "/media/",
        f"/p/{slug}/", "/admin/",
    )  # fmt: skip
    for prefix, way in itertools.product(prefixes, WAYS_OUT):
        answer: Any = client.get(prefix + way)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code in {301, 302, 404, 400}, f"{prefix}{way} answered {answer.status_code}"
        assert b"the secret" not in content
        assert b"root:" not in content


@pytest.mark.parametrize(
    "name", ["../../../evil.csv", "/etc/cron.d/evil", "C:\\Windows\\evil.csv", "a\x00.csv", "..", "."]
)
def test_the_name_of_a_file_that_is_sent_leads_nowhere(
    name: str, client_for: Callable[[User], Client], own_storage: Path
) -> None:
    place = world()
    before = {path for path in own_storage.parent.rglob("*") if own_storage not in path.parents}
    boundary, head = "x", f'Content-Disposition: form-data; name="file"; filename="{name}"'
    sent = f"--{boundary}\r\n{head}\r\n\r\ntext\r\nHello there.\r\n--{boundary}--\r\n"
    answer = client_for(place.manager).post(
        address("project-imports", place.arguments),
        sent.encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status_code in {302, 400}
    after = {path for path in own_storage.parent.rglob("*") if own_storage not in path.parents}
    assert after == before
    assert not any("evil" in path.name for path in own_storage.rglob("*"))


def test_the_cookies_of_a_site_behind_https_stay_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.SESSION_COOKIE_HTTPONLY
    assert site.CSRF_COOKIE_HTTPONLY
    person = factories.user(password=factories.PASSWORD)
    client = Client()
    client.get("/login/")
    client.post("/login/", {"username": person.email, "password": factories.PASSWORD})
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert cookie["path"] == "/", cookie.key
        assert not cookie["domain"], cookie.key


def test_a_picture_is_a_picture(client_for: Callable[[User], Client]) -> None:
    place = world()
    answer = client_for(place.manager).get(address("media", {**place.arguments, "variant": "original"}))
    assert b"".join(cast("Any", answer).streaming_content) == picture()
    assert answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]
