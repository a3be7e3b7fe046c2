"""What goes to Sentry: enough to mend the fault, and nothing that anybody wrote."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from dcai_web.ops import observe
from dcai_web.ops.observe import errors
from labeling.models import User
from labeling.models.documents import JsonDocument
from labeling.services import jobs, people
from tests import factories

DSN = "https://public@sentry.invalid/1"
SECRET = "the patient in bed four"
pytestmark = pytest.mark.django_db


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep the events; there is nothing else in an envelope of ours."""
        self.sent += [item.payload.json for item in envelope.items if item.payload.json is not None]


@pytest.fixture
def sent() -> Iterator[list[dict[str, Any]]]:
    """Report to a list."""
    transport = Kept()
    errors.start(dsn=DSN, transport=transport)
    yield transport.sent
    sentry_sdk.init()  # without an address nothing is reported any more


class Told(JsonDocument):
    text: str


def breaking(*_: Any, **__: Any) -> None:
    text = SECRET
    raise RuntimeError(f"no rule for {text!r}")


def test_a_failed_request_is_reported_by_its_route(
    sent: list[dict[str, Any]], client_for: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.project(name="Secret project")
    client = client_for(project.created_by)
    client.raise_request_exception = False
    monkeypatch.setattr("labeling.web.projects.render", breaking)
    response = client.get(f"/p/{project.slug}/?q={SECRET}", headers={"x-request-id": "request-0001"})
    assert response.status_code == 500
    assert len(sent) == 1
    event = sent[0]
    assert event["transaction"] == "/p/{slug}/"
    assert event["tags"] == {"request_id": "request-0001"}
    raised = event["exception"]["values"][0]
    assert raised["type"] == "RuntimeError"
    assert any(frame["function"] == "breaking" for frame in raised["stacktrace"]["frames"])
    everything = json.dumps(event)
    for private in (SECRET, "Secret project", "secret-project", project.created_by.email, "dcai_session", "text ="):
        assert private not in everything.replace("text = SECRET", "")


def test_the_link_of_an_invitation_that_met_a_failure_does_not_leave(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.project()
    _, secret = people.invite(actor=project.created_by, project=project, role="viewer")
    monkeypatch.setattr(people, "invitation_of", breaking)
    visitor = Client(raise_request_exception=False)
    assert visitor.get(f"/join/{secret}/").status_code == 500
    monkeypatch.setattr("labeling.web.accounts.NewPassword.get_user", breaking)
    assert visitor.get(f"/password/MQ/{secret}/").status_code == 500
    assert [event["transaction"] for event in sent] == ["/join/{secret}/", "/password/{uidb64}/{token}/"]
    assert secret not in json.dumps(sent)


def test_of_a_request_only_its_method_leaves() -> None:
    event: dict[str, Any] = {
        "event_id": "1",
        "transaction": "/invitation/secret-token/",
        "transaction_info": {"source": "url"},
        "request": {"method": "POST", "url": "http://x/?q=a", "query_string": "q=a", "data": {"text": SECRET},
                    "cookies": {"a": "b"}, "headers": {"Authorization": "Bearer x"}, "env": {"REMOTE_ADDR": "::1"}},
        "user": {"id": 7, "email": "ann@example.org"},
        "breadcrumbs": {"values": [{"message": SECRET}]},
        "extra": {"sys.argv": [SECRET]},
        "contexts": {"runtime": {"name": "CPython"}, "new in a later version": {"text": SECRET}},
    }  # fmt: skip
    assert errors.private(event, {}) == {
        "event_id": "1",
        "request": {"method": "POST"},
        "contexts": {"runtime": {"name": "CPython"}},
    }


def test_a_failed_job_is_reported(sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs._kinds, "test.breaking", jobs.Kind(work=f"{__name__}.breaking", params=Told))
    job = jobs.start(kind="test.breaking", project=None, actor=None, params=Told(text=SECRET))
    jobs.perform_job(job.pk)
    assert [event["logentry"] for event in sent] == [{"message": "job %s (%s) failed", "params": [job.pk, "..."]}]
    assert SECRET not in json.dumps(sent)


def test_what_is_logged_as_an_error_is_reported_without_its_texts(sent: list[dict[str, Any]]) -> None:
    logging.getLogger("labeling.services.media").error("image %s of %d is missing", SECRET, 7, extra={"who": SECRET})
    logging.getLogger("labeling.services.media").warning("not an error: %s", SECRET)
    assert [event["logentry"] for event in sent] == [{"message": "image %s of %d is missing", "params": ["...", 7]}]
    assert SECRET not in json.dumps(sent)


def test_a_setting_without_its_package_stops_the_start_in_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SENTRY_DSN = DSN
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match=r"DCAI_SENTRY_DSN is set, but sentry_sdk is not .*observe\.txt"):
        observe.start()
    settings.SENTRY_DSN, settings.OTEL_ENDPOINT = "", "http://127.0.0.1:4318"
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    with pytest.raises(ImproperlyConfigured, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is set, but .*observe\.txt"):
        observe.start()


def test_the_setting_starts_it() -> None:
    program = (
        "from dcai_web.wsgi import application; import sentry_sdk; from opentelemetry import trace;"
        "print(sentry_sdk.get_client().dsn, type(trace.get_tracer_provider()).__module__)"
    )
    environment = {
        "DCAI_SENTRY_DSN": DSN,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "DCAI_SECRET_KEY": "x" * 60,
        "DJANGO_SETTINGS_MODULE": "dcai_web.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [DSN, "opentelemetry.sdk.trace"]
