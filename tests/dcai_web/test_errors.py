"""Errors as problems below /api/ and as pages elsewhere."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from rest_framework import exceptions
from rest_framework.views import APIView

from dcai_web import errors
from dcai_web.urls import handler400, handler403, handler404, handler500  # noqa: F401 - of this URL configuration too
from labeling.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooLarge, TooMany, Unavailable

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

RAISED: dict[str, tuple[Exception, int]] = {
    "invalid": (Invalid("Row 3 is wrong.", problems=[Problem("text", "Expected text.", row=3)]), 400),
    "forbidden": (Forbidden("Only managers may."), 403),
    "not-found": (NotFound(), 404),
    "conflict": (Conflict("It changed.", current={"version": 2}), 409),
    "too-large": (TooLarge("At most 5."), 413),
    "too-many": (TooMany("Wait a minute."), 429),
    "unavailable": (Unavailable("The worker is down."), 503),
    "database": (OperationalError("server closed the connection: password=hunter2"), 503),
    "django-404": (Http404("no secret here"), 404),
    "django-403": (PermissionDenied("Not you."), 403),
    "suspicious": (SuspiciousOperation("odd"), 400),
    "body": (RequestDataTooBig("big"), 413),
    "bug": (KeyError("hunter2"), 500),
}


def page(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name][0]


class Api(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, name: str) -> Any:
        raise RAISED[name][0]


urlpatterns = [path("pages/<slug:name>/", page), path("api/<slug:name>/", Api.as_view())]
pytestmark = [pytest.mark.urls(__name__)]


@pytest.mark.parametrize("name", RAISED)
def test_below_api_every_error_is_a_problem(name: str, client: Client) -> None:
    client.raise_request_exception = False
    response = client.get(f"/api/{name}/")
    status = RAISED[name][1]
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["type"] == f"urn:dcai:problem:{HTTPStatus(status).name.lower().replace('_', '-')}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["instance"] == f"urn:dcai:request:{response.headers['X-Request-ID']}"
    assert isinstance(problem["errors"], list)
    assert b"hunter2" not in response.content
    assert ("Retry-After" in response.headers) == (status in {429, 503})


def test_a_problem_names_path_and_row(client: Client) -> None:
    problem = client.get("/api/invalid/").json()
    assert problem["detail"] == "Row 3 is wrong."
    assert problem["errors"] == [{"path": "text", "row": 3, "message": "Expected text."}]
    assert client.get("/api/conflict/").json()["current"] == {"version": 2}


@pytest.mark.parametrize("name", RAISED)
def test_elsewhere_every_error_is_a_page(name: str, client: Client) -> None:
    client.raise_request_exception = False
    response = client.get(f"/pages/{name}/")
    assert response.status_code == RAISED[name][1]
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"hunter2" not in response.content
    assert response.headers["X-Request-ID"] in response.content.decode()


def test_an_unknown_address_is_a_404_of_its_kind(client: Client) -> None:
    assert client.get("/api/a/b/").headers["Content-Type"] == "application/problem+json"
    assert client.get("/nothing/").headers["Content-Type"].startswith("text/html")


def test_the_messages_of_the_product_are_shown_and_escaped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RAISED, "invalid", (Invalid("<b>Bold</b> is no label."), 400))
    content = client.get("/pages/invalid/").content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt; is no label." in content


def test_when_the_error_page_fails_plain_words_remain(rf: RequestFactory) -> None:
    with override_settings(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": []}]):
        response = errors.respond(rf.get("/x/"), Forbidden("<Only> managers may."))
    assert response.status_code == 403
    assert b"&lt;Only&gt; managers may." in response.content


def test_what_django_refuses_to_read_is_told_apart(rf: RequestFactory) -> None:
    assert errors.bad_request(rf.get("/api/x/"), TooManyFieldsSent()).status_code == 413
    assert errors.bad_request(rf.get("/api/x/"), SuspiciousOperation()).status_code == 400


def test_a_missing_csrf_token_is_told_in_the_right_shape(rf: RequestFactory) -> None:
    assert json.loads(errors.csrf_failure(rf.post("/api/x/")).content)["status"] == 403
    assert "CSRF" in errors.csrf_failure(rf.post("/x/")).content.decode()


def test_details_of_the_framework_become_sentences() -> None:
    response = errors.api_exception(exceptions.ValidationError({"name": ["Too long.", "Too odd."]}), {})
    assert response is not None
    assert response.data["detail"] == "name: Too long. Too odd."
