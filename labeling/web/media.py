"""Images, for members only; their address names their content, so they may be cached for ever."""

from __future__ import annotations

from http import HTTPStatus

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from labeling.access import Action, project_for
from labeling.models import User
from labeling.selectors import media as media_reads
from labeling.services import limits, tokens
from labeling.services import media as media_sizes
from labeling.web.requests import signed_in

_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
def media(request: HttpRequest, slug: str, sha256: str, variant: str) -> HttpResponseBase:
    """Send an image in one of its sizes."""
    user = _token_user(request)
    if user is None:
        return _signed_in(request, slug, sha256, variant)
    return _send(request, user, slug, sha256, variant)


@signed_in
def _signed_in(request: HttpRequest, slug: str, sha256: str, variant: str) -> HttpResponseBase:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - `signed_in` lets nobody else through
    return _send(request, user, slug, sha256, variant)


def _token_user(request: HttpRequest) -> User | None:
    """Return the person of a bearer token, of any scope: programs fetch images by the addresses that the API gives."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    shown = tokens.shown_token(secret.strip())
    if shown is None:
        limits.BAD_TOKENS.count(request.META.get("REMOTE_ADDR", ""))
        return None
    return shown.user


def _send(request: HttpRequest, user: User, slug: str, sha256: str, variant: str) -> HttpResponseBase:
    project = project_for(user, slug, Action.VIEW)
    found = media_reads.known(project, sha256)
    tag = f'"{sha256}-{variant}"'
    if variant in media_reads.VARIANTS and request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        served = media_reads.served(found, variant)
        if served is None:
            media_sizes.ask_for_sizes(project=project, media=found)
            return _not_ready()
        response = FileResponse(served.file, content_type=served.content_type)
        response["Content-Length"] = str(served.size)
        response["Content-Disposition"] = "inline"
    response["ETag"] = tag
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _not_ready() -> HttpResponse:
    """Say that a worker makes the size: no error, and nothing that a browser shows or keeps."""
    response = HttpResponse(
        "This size is being made. Ask again in a moment.\n", status=HTTPStatus.ACCEPTED, content_type="text/plain"
    )
    response["Retry-After"] = "2"
    for name, value in (_HEADERS | {"Cache-Control": "no-store"}).items():
        response[name] = value
    return response


urlpatterns = [path("media/<slug:slug>/<str:sha256>/<str:variant>", media, name="media")]
