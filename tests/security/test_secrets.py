"""Secrets in logs: requests with every kind of secret are made, and what was logged is searched for them."""

from __future__ import annotations

import errno
import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as site
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from dcai_web.ops import logs
from dcai_web.urls import handler400, handler403, handler404, handler500  # noqa: F401 - of this URL configuration too
from labeling.models import Event, User
from labeling.services import people, tokens
from labeling.web.accounts import NewPassword
from tests import factories
from tests.security.pages import PAGES, address, variables
from tests.security.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def broken(request: HttpRequest) -> HttpResponse:
    """Fail while secrets are in local variables, in the address, in the headers and in the message."""
    password = request.POST.get("password", "")
    header = request.headers.get("Authorization", "")
    message = f"could not reach postgresql://dcai:{password}@db/dcai with {header}"
    raise RuntimeError(message)


urlpatterns = [path("broken/", broken), path("", include("dcai_web.urls"))]


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs, however unimportant."""
    stream = io.StringIO()
    configuration = logs.configuration(level="DEBUG", form=request.param)
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream
    logging.config.dictConfig(site.LOGGING)


def test_no_secret_of_a_request_is_logged(
    written: io.StringIO, settings: Any, client_for: Callable[[User], Client]
) -> None:
    settings.ROOT_URLCONF = __name__
    place = world()
    secrets = {"password": "hunter2-hunter2", "key": "idempotent-0815", "answer": "answer-4711", "csrf": "csrf-31337"}
    person = factories.user("ann@example.org", password=secrets["password"])
    client = Client()
    client.raise_request_exception = False
    client.post("/login/", {"username": person.email, "password": "wrong-" + secrets["password"]})
    client.post("/login/", {"username": person.email, "password": secrets["password"]})
    secrets["session"] = client.cookies[site.SESSION_COOKIE_NAME].value
    made = client.post("/me/tokens/", {"name": "script", "scope": "read", "days": 90})
    secrets["token"] = made.context["secret"]
    manager = client_for(place.manager)
    _, secrets["invitation"] = people.invite(actor=place.manager, project=place.project, role="viewer")
    Client().get(f"/join/{secrets['invitation']}/")
    client.post("/password/", {"email": person.email})
    secrets["reset"] = str(place.arguments["token"])
    Client().get(f"/password/{place.arguments['uidb64']}/{secrets['reset']}/", follow=True)
    bearer = {"Authorization": f"Bearer {secrets['token']}", "Idempotency-Key": secrets["key"]}
    client.get("/api/me/", headers=bearer)
    client.get("/api/me/", headers={"Authorization": "Bearer not-" + secrets["token"]})
    client.get(f"/api/me/?token={secrets['token']}")
    task = f"/api/tasks/{place.task.pk}/annotations/"
    for sent in ({"answers": {"intent": secrets["answer"]}}, {"answers": secrets["answer"]}, "{"):
        content = sent if isinstance(sent, str) else json.dumps(sent)
        manager.post(task, content, content_type="application/json", headers={"Idempotency-Key": secrets["key"]})
    strict = Client(enforce_csrf_checks=True, headers={"Cookie": f"a={secrets['session']}"})
    strict.post("/login/", {"password": secrets["password"], "csrfmiddlewaretoken": secrets["csrf"]})
    client.post("/broken/", {"password": secrets["password"]}, headers=bearer)
    client.get("/login/", headers={"Host": "evil.example", "Cookie": f"a={secrets['session']}"})
    text = written.getvalue()
    assert "RuntimeError" in text, "the failure itself must be logged"
    assert text.count("request") > 10
    leaked = {name: _around(text, secret) for name, secret in secrets.items() if secret in text}
    assert leaked == {}


def failing(error: Exception) -> Callable[..., Any]:
    """Return what stands for a function whose machine has failed."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("a fault in the code"), 500),
        (OperationalError("the database is away"), 503),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
    ],
)
def test_a_link_that_met_a_failure_is_logged_by_its_route(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    place = world()
    visitor = Client(raise_request_exception=False)
    invitation = f"/join/{place.arguments['secret']}/"
    mailed = f"/password/{place.arguments['uidb64']}/{place.arguments['token']}/"
    monkeypatch.setattr(people, "invitation_of", failing(error))
    monkeypatch.setattr(NewPassword, "get_user", failing(error))
    answers = [visitor.get(invitation), visitor.post(invitation, {"email": "ann@example.org"})]
    answers += [visitor.get(f"{invitation}?again=1"), visitor.get(mailed), visitor.post(mailed)]
    assert [answer.status_code for answer in answers] == [status] * 5
    text = written.getvalue()
    assert text.count("/join/<str:secret>/") >= 6, "by our own line and by Django's"
    assert text.count("/password/<uidb64>/<token>/") >= 4
    for secret in (str(place.arguments["secret"]), str(place.arguments["token"])):
        assert secret not in text, _around(text, secret)


def test_a_link_is_in_no_log_when_it_is_refused_used_or_gone_on_to_after_signing_in(written: io.StringIO) -> None:
    place = world()
    secret = str(place.arguments["secret"])
    link = f"/join/{secret}/"
    assert Client(enforce_csrf_checks=True).post(link, {"email": "ann@example.org"}).status_code == 403
    assert Client().put(link).status_code == 405
    wrong = {"username": "ann@example.org", "password": "wrong", "next": link}
    Client().post(f"/login/?next={link}", wrong)
    logging.getLogger("a.library").warning("asked for http://testserver/login/?next=%s", quote(link, safe=""))
    joined = {"email": "ann@example.org", "name": "Ann", "password": "brand-new-words"}
    assert Client().post(link, joined).status_code == 302
    text = written.getvalue()
    assert "Forbidden (CSRF cookie not set.): /join/<str:secret>/" in text
    assert secret not in text, _around(text, secret)
    kept = str([*AccessAttempt.objects.values(), *AccessLog.objects.values()])
    assert "/join/<str:secret>/" in kept
    assert secret not in kept, "nor does the table of sign-ins hold it"


def test_every_address_with_a_secret_in_it_is_hidden_in_texts_too(written: io.StringIO) -> None:
    place = world()
    links = [name for name in PAGES if variables(name) & {"secret", "token"}]
    assert links == ["password_reset_confirm", "invitation"]
    for name in links:
        logging.getLogger("a.library").error("%s did not answer", address(name, place.arguments))
    text = written.getvalue()
    assert text.count("***") == len(links)
    assert str(place.arguments["secret"]) not in text
    assert str(place.arguments["token"]) not in text


def _around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 200) : at + 60]


def test_secrets_are_kept_as_digests_only() -> None:
    place = world()
    token, secret = tokens.issue_token(user=place.manager, name="script", scope="manage")
    invitation, link = people.invite(actor=place.manager, project=place.project, role="viewer")
    assert secret not in str({name: getattr(token, name) for name in ("name", "prefix", "digest")})
    assert link not in str({name: getattr(invitation, name) for name in ("email", "role", "digest")})
    assert len(secret) > 40, "a token has 256 random bits"
    assert len(link) > 40
    assert token.prefix == secret[:10]
    assert not Event.objects.filter(payload__icontains=secret).exists()
    assert not Event.objects.filter(payload__icontains=link).exists()
