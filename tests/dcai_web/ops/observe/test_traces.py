"""What goes to OpenTelemetry: routes, statements and times; no addresses, values or texts of exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.test import Client
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from pytest_django import Settings

from dcai_web.ops.observe import traces
from labeling.models import User
from labeling.services import people
from tests import factories

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def exporter() -> Iterator[tuple[InMemorySpanExporter, Callable[[], object]]]:
    """Trace into a list; there is one provider for the whole process."""
    kept = InMemorySpanExporter()
    provider = traces.start(exporter=kept)
    yield kept, provider.force_flush
    PsycopgInstrumentor().uninstrument()
    CeleryInstrumentor().uninstrument()  # type: ignore[no-untyped-call]
    provider.shutdown()


@pytest.fixture
def spans(
    exporter: tuple[InMemorySpanExporter, Callable[[], object]], settings: Settings, db: None
) -> Callable[[], list[ReadableSpan]]:
    """Return a function that gives the spans since the test began."""
    kept, flush = exporter
    settings.MIDDLEWARE = ["dcai_web.ops.observe.traces.Middleware", *settings.MIDDLEWARE]
    flush()
    kept.clear()

    def ended() -> list[ReadableSpan]:
        flush()
        return list(kept.get_finished_spans())

    return ended


def everything(spans: list[ReadableSpan]) -> str:
    return "".join(span.to_json() for span in spans)


def test_a_request_is_a_span_of_its_route(
    spans: Callable[[], list[ReadableSpan]], client_for: Callable[[User], Client]
) -> None:
    project = factories.project(name="Secret project")
    client = client_for(project.created_by)
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "request-0002"}
    assert client.get(f"/p/{project.slug}/?q=secret-word", headers=headers).status_code == 200
    found = [span for span in spans() if span.kind == SpanKind.SERVER]
    assert [span.name for span in found] == ["GET /p/<slug:slug>/"]
    assert dict(found[0].attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/p/<slug:slug>/",
        "http.response.status_code": 200,
        "dcai.request_id": "request-0002",
    }
    context = found[0].get_span_context()
    assert context is not None
    assert f"{context.trace_id:032x}" == TRACE
    assert "secret" not in everything(found)


def test_an_error_marks_the_span(
    spans: Callable[[], list[ReadableSpan]],
    client_for: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaking(*_: object, **__: object) -> None:
        raise RuntimeError("secret text")

    project = factories.project()
    client = client_for(project.created_by)
    client.raise_request_exception = False
    monkeypatch.setattr("labeling.web.projects.render", breaking)
    assert client.get(f"/p/{project.slug}/").status_code == 500
    found = [span for span in spans() if span.kind == SpanKind.SERVER]
    assert [span.status.status_code for span in found] == [StatusCode.ERROR]
    assert "secret text" not in everything(found)


def test_the_link_of_an_invitation_that_met_a_failure_is_in_no_span(
    spans: Callable[[], list[ReadableSpan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*_: object, **__: object) -> None:
        raise RuntimeError("secret text")

    project = factories.project()
    _, link = people.invite(actor=project.created_by, project=project, role="viewer")
    monkeypatch.setattr(people, "invitation_of", breaking)
    assert Client(raise_request_exception=False).get(f"/join/{link}/").status_code == 500
    found = spans()
    assert "GET /join/<str:secret>/" in [span.name for span in found]
    assert link not in everything(found)


@pytest.mark.django_db(transaction=True)
def test_statements_are_there_without_their_values(spans: Callable[[], list[ReadableSpan]]) -> None:
    connection.close()  # what is opened from now on is traced
    factories.user(email="alice-secret@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="alice-secret@example.org", name="secret")
    found = spans()
    connection.close()
    assert any("INSERT INTO" in str((span.attributes or {}).get("db.statement")) for span in found)
    failed = [span for span in found if span.status.status_code == StatusCode.ERROR]
    assert [dict(event.attributes or {}) for span in failed for event in span.events] == [
        {"exception.type": "psycopg.errors.UniqueViolation"}
    ]
    assert "secret" not in everything(found)


def test_a_job_is_a_span(spans: Callable[[], list[ReadableSpan]]) -> None:
    current_app.tasks["labeling.tend_jobs"].apply_async()
    assert "run/labeling.tend_jobs" in {span.name for span in spans()}
