"""Every error in one of two shapes: problem+json (RFC 9457) below /api/, an error page elsewhere."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from rest_framework import exceptions
from rest_framework.response import Response

from labeling.access import Action, project_for
from labeling.errors import (
    Conflict,
    DiskFull,
    DomainError,
    Invalid,
    NotFound,
    StoreAway,
    TooLarge,
    TooMany,
    Unavailable,
    disk_is_full,
    store_is_away,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

logger = logging.getLogger(__name__)

API_PREFIX = "/api/"
PROBLEM_JSON = "application/problem+json"
# What is copied in bulk goes past Django, which would give psycopg's errors names of its own.
DATABASE_DOWN = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

_TITLES = {
    HTTPStatus.BAD_REQUEST: "The request could not be read",
    HTTPStatus.UNAUTHORIZED: "Sign in first",
    HTTPStatus.FORBIDDEN: "This is not allowed",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This content type is not taken here",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on the server",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available right now",
}
_NOT_FOUND = "There is nothing at this address. Addresses of the API end with a slash; /api/docs/ lists them."
_FAILED = (
    "Nothing was changed by this request unless the answer said so. Try again; if it fails again, quote the instance."
)
_PERSONS = {"frame": "base.html"}
_FORMS_ONLY = "This address takes what a form sends, and shows nothing by itself. Go back to the page with the form."


def problem(
    *,
    status: HTTPStatus,
    title: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    **extensions: Any,
) -> dict[str, Any]:
    """Return the problem document of RFC 9457."""
    document: dict[str, Any] = {
        "type": f"urn:dcai:problem:{status.name.lower().replace('_', '-')}",
        "title": title,
        "status": int(status),
        "detail": detail,
    }
    if request_id := _request_id():
        document["instance"] = f"urn:dcai:request:{request_id}"
    return {**document, "errors": errors or [], **extensions}


def _request_id() -> str:
    """Return the id under which the request is in the log."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def of_domain(error: DomainError) -> dict[str, Any]:
    """Return the problem document of a domain error."""
    extensions = {"current": error.current} if isinstance(error, Conflict) else {}
    return problem(
        status=error.status,
        title=error.title,
        detail=error.message,
        errors=[entry.as_dict() for entry in error.problems],
        **extensions,
    )


def api_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view; None lets Django's own handling (and its log) take over."""
    document = _of_exception(error)
    if document is None:
        return None
    headers = {}
    if (challenge := getattr(error, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    if (seconds := _retry_after(error, document["status"])) is not None:
        headers["Retry-After"] = str(seconds)
    return Response(document, status=document["status"], headers=headers, content_type=PROBLEM_JSON)


def _retry_after(error: BaseException, status: int) -> int | None:
    """Return after how many seconds trying again may help."""
    if isinstance(error, TooMany):
        return error.seconds
    return {HTTPStatus.SERVICE_UNAVAILABLE: 5, HTTPStatus.INSUFFICIENT_STORAGE: 60}.get(HTTPStatus(status))


def _of_exception(error: Exception) -> dict[str, Any] | None:
    match error:
        case DomainError():
            return of_domain(error)
        case Http404():
            return of_domain(NotFound())
        case RequestDataTooBig():
            return of_domain(TooLarge("The request has more bytes than this site takes."))
        case exceptions.NotAuthenticated():
            return _plain(HTTPStatus.UNAUTHORIZED, "Send a token in the header “Authorization: Bearer …”, or sign in.")
        case exceptions.APIException():
            return _plain(HTTPStatus(error.status_code), _sentence(error.detail))
        case PermissionDenied():
            return _plain(HTTPStatus.FORBIDDEN, str(error) or "This is not allowed.")
        case SuspiciousOperation() | BadRequest():
            return _plain(HTTPStatus.BAD_REQUEST, "The request is malformed.")
        case _:
            trouble = _trouble(error)
            return None if trouble is None else of_domain(trouble)


def _plain(status: HTTPStatus, detail: str) -> dict[str, Any]:
    return problem(status=status, title=_TITLES.get(status, status.phrase), detail=detail)


def _sentence(detail: Any) -> str:
    if isinstance(detail, list):
        return " ".join(_sentence(part) for part in detail)
    if isinstance(detail, dict):
        return " ".join(f"{key}: {_sentence(part)}" for key, part in detail.items())
    return str(detail)


def _trouble(error: BaseException | None) -> DomainError | None:
    """Return in words what is wrong with the machine rather than with the request; None for everything else."""
    if disk_is_full(error):
        logger.error("a disk is full", exc_info=error)
        return DiskFull()
    if isinstance(error, ValueError | DataError) and "NUL (0x00)" in str(error):
        return Invalid("Something that was sent has a NUL character in it, which cannot be stored. Take it out.")
    if isinstance(error, DATABASE_DOWN):
        logger.error("the database could not answer", exc_info=error)
        return Unavailable("The database does not answer. Try again in a few seconds; what was saved before is safe.")
    if store_is_away(error):
        logger.error("the store of files did not answer", exc_info=error)
        return StoreAway()
    return None


class DomainErrorMiddleware:
    """Turns domain errors that a page lets through into error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.path.startswith(API_PREFIX):
            return response
        page = _page(request, status=HTTPStatus.METHOD_NOT_ALLOWED, title="This is not a page", message=_FORMS_ONLY)
        page["Allow"] = response.headers.get("Allow", "")
        return page

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a domain error; everything else goes on to Django."""
        if isinstance(error, DomainError):
            return respond(request, error)
        trouble = _trouble(error)
        return None if trouble is None else respond(request, trouble)


def respond(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer a domain error in the shape that the address calls for."""
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = JsonResponse(of_domain(error), status=error.status, content_type=PROBLEM_JSON)
    else:
        response = _page(
            request,
            status=error.status,
            title=error.title,
            message=error.message,
            problems=error.problems,
        )
    if (seconds := _retry_after(error, error.status)) is not None:
        response["Retry-After"] = str(seconds)
    return response


def _answer(request: HttpRequest, *, status: HTTPStatus, detail: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(_plain(status, detail), status=status, content_type=PROBLEM_JSON)
    return _page(request, status=status)


def _page(request: HttpRequest, *, status: HTTPStatus, title: str = "", **context: Any) -> HttpResponse:
    """Render an error page; when even that fails, a few plain words."""
    title = title or _TITLES.get(status, status.phrase)
    context |= {"title": title, "status": int(status), "request_id": _request_id()}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        context |= _frame(request)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        context["messages"] = ()  # those of the request are kept in its session, which may be what cannot be read
    for template in (f"errors/{int(status)}.html", "errors/error.html"):
        try:
            return HttpResponse(render_to_string(template, context, request=request), status=status)
        except TemplateDoesNotExist:
            continue
        except Exception:
            logger.exception("the error page could not be rendered")
            break
    words = format_html("<!doctype html><title>{0}</title><h1>{0}</h1><p>{1}</p>", title, context.get("message", ""))
    return HttpResponse(words, status=status)


def _frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame that the person had around the pages: a project's if they may see it, theirs, or none."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    slug = request.resolver_match.kwargs.get("slug") if request.resolver_match else None
    try:
        return {"frame": "project.html", "project": project_for(user, slug, Action.VIEW)} if slug else _PERSONS
    except DomainError:
        return _PERSONS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused to read (handler400)."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    if too_large:
        return respond(request, TooLarge("The request has more in it than this site takes."))
    return _answer(request, status=HTTPStatus.BAD_REQUEST, detail="The request is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal by Django itself (handler403)."""
    return _answer(request, status=HTTPStatus.FORBIDDEN, detail=str(exception) or "This is not allowed.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form or request whose CSRF token is missing or old (CSRF_FAILURE_VIEW)."""
    detail = "The CSRF token is missing or old: reload the page, sign in if asked, and try again."
    if request.path.startswith(API_PREFIX):
        return _answer(request, status=HTTPStatus.FORBIDDEN, detail=detail)
    logger.info("csrf refused: %s", reason)
    return _page(request, status=HTTPStatus.FORBIDDEN, title="This page was open for too long", message=detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that nothing is at (handler404)."""
    return _answer(request, status=HTTPStatus.NOT_FOUND, detail=_NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours (handler500); Django has logged it."""
    trouble = _trouble(sys.exc_info()[1])
    if trouble is not None:
        return respond(request, trouble)
    return _answer(request, status=HTTPStatus.INTERNAL_SERVER_ERROR, detail=_FAILED)
