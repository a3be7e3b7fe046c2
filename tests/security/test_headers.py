"""What browsers are told with every kind of answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from dcai_web.urls import handler400, handler403, handler404, handler500  # noqa: F401 - of this URL configuration too
from labeling.models import User
from labeling.services import tokens
from tests import factories
from tests.security.pages import address
from tests.security.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
ROOT = Path(__file__).resolve().parents[2]


def broken(request: HttpRequest) -> HttpResponse:
    message = "hunter2"
    raise RuntimeError(message)


urlpatterns = [path("broken/", broken), path("api/broken/", broken), path("", include("dcai_web.urls"))]

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def answers(client_for: Callable[[User], Client]) -> dict[str, Any]:
    """Return one answer of every kind."""
    place = world()
    admin, manager, nobody = client_for(place.people["superuser"]), client_for(place.manager), Client()
    strict = Client(enforce_csrf_checks=True)
    for client in (admin, manager, nobody, strict):
        client.raise_request_exception = False
    _, secret = tokens.issue_token(user=place.manager, name="script", scope="manage")
    slug = place.project.slug
    return {
        "page": manager.get(f"/p/{slug}/"),
        "sign-in": nobody.get("/login/"),
        "redirect": nobody.get("/"),
        "fragment": manager.get("/palette/", headers={"HX-Request": "true"}),
        "no content": manager.post("/me/theme/", {"theme": "dark"}),
        "form refused": manager.post("/me/tokens/", {}),
        "label page": manager.get(f"/p/{slug}/label/"),
        "image": manager.get(address("media", place.arguments)),
        "download": manager.get(f"/p/{slug}/export/file/"),
        "report": manager.get(address("import-problems", place.arguments)),
        "API": nobody.get("/api/me/", headers={"Authorization": f"Bearer {secret}"}),
        "API refused": nobody.get("/api/me/"),
        "API not there": nobody.get("/api/nothing/"),
        "API slash": nobody.get("/api/me"),
        "API export": manager.get(f"/api/projects/{slug}/export/"),
        "API broken": nobody.get("/api/broken/"),
        "OpenAPI": nobody.get("/api/schema/"),
        "documentation": nobody.get("/api/docs/"),
        "administration": admin.get("/admin/labeling/user/"),
        "form of the administration": admin.get("/admin/labeling/user/add/"),
        "not there": nobody.get("/nothing/"),
        "forbidden": client_for(place.people["viewer"]).get(f"/p/{slug}/settings/"),
        "broken": nobody.get("/broken/"),
        "forged": strict.post("/login/", {}),
        "wrong host": nobody.get("/login/", headers={"Host": "evil.example"}),
        "wrong method": manager.post("/palette/"),
        "probe": nobody.get("/healthz"),
        "ready": nobody.get("/readyz"),
        "figures": nobody.get("/metrics"),
    }


@pytest.fixture
def seen(client_for: Callable[[User], Client], settings: Any) -> dict[str, Any]:
    settings.ROOT_URLCONF = __name__
    settings.METRICS_TOKEN = "figures"
    return answers(client_for)


def test_every_kind_of_answer_has_the_security_headers(seen: dict[str, Any]) -> None:
    statuses = {name: answer.status_code for name, answer in seen.items()}
    assert {200, 204, 302, 308, 400, 401, 403, 404, 405, 422, 500} <= set(statuses.values()), statuses
    for name, answer in seen.items():
        for header, value in EVERYWHERE.items():
            assert answer.headers.get(header) == value, f"{name}: {header}"
        assert "camera=()" in answer.headers["Permissions-Policy"], name
        assert "Access-Control-Allow-Origin" not in answer.headers, name
        assert "Server" not in answer.headers, name
        assert "X-Powered-By" not in answer.headers, name


def test_the_content_security_policy_is_enforced_and_strict_everywhere(seen: dict[str, Any]) -> None:
    for name, answer in seen.items():
        assert "Content-Security-Policy-Report-Only" not in answer.headers, name
        policy = answer.headers["Content-Security-Policy"]
        for weak in (
            "unsafe-inline",
            "unsafe-eval",
            "unsafe-hashes",
            "wasm-unsafe-eval",
            "strict-dynamic",
            "*",
            "http:",
        ):
            assert weak not in policy, f"{name}: {weak}"
        directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
        assert "frame-ancestors" in directives or "sandbox" in directives, name
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert directives["default-src"] == ["'self'"], name
            assert directives["object-src"] == ["'none'"], name
            assert directives["base-uri"] == ["'none'"], name
            if "script-src" in directives:
                assert set(directives["script-src"]) <= {"'self'"} | {
                    source for source in directives["script-src"] if source.startswith("'nonce-")
                }, name
                assert directives["form-action"] == ["'self'"], name


def test_pages_have_no_script_or_style_that_the_policy_would_have_to_allow(seen: dict[str, Any]) -> None:
    for name, answer in seen.items():
        if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        text = answer.content.decode()
        for inline in (
            " onclick=",
            " onload=",
            " onerror=",
            " onsubmit=",
            " onchange=",
            "javascript:",
            " hx-on",
            " style=",
        ):
            assert inline not in text, f"{name}: {inline}"
        assert "hunter2" not in text


def test_a_nonce_is_used_once(client_for: Callable[[User], Client]) -> None:
    client = client_for(factories.user())
    policies = {client.get("/me/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 1 or all("nonce-" in policy for policy in policies)


def test_answers_about_people_are_kept_by_no_cache_on_the_way(seen: dict[str, Any]) -> None:
    for name, answer in seen.items():
        kept = answer.headers["Cache-Control"]
        assert "private" in kept or "no-store" in kept, f"{name}: {kept}"
        assert "public" not in kept, name
    assert seen["API"].headers["Cache-Control"] == "no-store"


def test_a_failure_tells_nothing_about_the_inside(seen: dict[str, Any]) -> None:
    for name in ("broken", "API broken"):
        text = seen[name].content.decode()
        assert seen[name].status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        for inside in ("Traceback", "RuntimeError", "hunter2", ".py", "django", "postgres"):
            assert inside not in text, f"{name}: {inside}"


def test_files_of_the_front_end_are_not_for_other_sites() -> None:
    assert site.WHITENOISE_ALLOW_ALL_ORIGINS is False


HTTPS_SITE = """
import os, sys
os.environ.update(DJANGO_SETTINGS_MODULE="dcai_web.settings", DCAI_SITE_URL="https://dcai.example.org",
    DCAI_ALLOWED_HOSTS="dcai.example.org", DCAI_DATA_DIR=sys.argv[1], DATABASE_URL="", REDIS_URL="",
    DCAI_BEHIND_PROXY="1", DCAI_SECRET_KEY="x" * 60, DCAI_STATIC_ROOT=sys.argv[1] + "/static")
import django; django.setup()
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
from django.conf import settings
from django.test import Client, RequestFactory
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT, settings.DEBUG)
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
print(settings.PASSWORD_HASHERS[0])
client = Client(SERVER_NAME="dcai.example.org")
plain = client.get("/login/")
print(plain.status_code, plain["Location"])
tls = client.get("/login/", headers={"X-Forwarded-Proto": "https"})
print(tls.status_code, tls["Strict-Transport-Security"])
cookie = tls.cookies["__Host-dcai_csrf"]
print(bool(cookie["secure"]), bool(cookie["httponly"]), cookie["path"], cookie["domain"] or "-")
from dcai_web.middleware import ClientAddress
for sent in ("", "198.51.100.1", "6.6.6.6, 198.51.100.2", "6.6.6.6, evil"):
    request = RequestFactory().get("/", headers={"X-Forwarded-For": sent})
    ClientAddress(lambda request: None)(request)
    print(request.META["REMOTE_ADDR"])
"""


def test_a_site_behind_https_switches_everything_on(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DCAI_")}
    done = subprocess.run(
        [sys.executable, "-c", HTTPS_SITE, str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "True True True False",
        "__Host-dcai_session __Host-dcai_csrf",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "301 https://dcai.example.org/login/",
        "200 max-age=31536000",
        "True True / -",
        "127.0.0.1",
        "198.51.100.1",
        "198.51.100.2",
        "127.0.0.1",
    ], done.stderr[-2000:]
