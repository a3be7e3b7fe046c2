"""Requests of people who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from labeling.access import ALLOWED, Action, role_in

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from labeling.models import Project, User

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose person is known."""

    user: User
    htmx: HtmxDetails


def signed_in(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only people who are signed in reach a view; others sign in first and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(cast("SignedInRequest", request), *args, **kwargs)
        if getattr(request, "htmx", None):
            # A fragment of the sign-in page inside this page would help nobody.
            return HttpResponseClientRedirect(resolve_url("login"))
        return redirect_to_login(request.get_full_path())

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", guarded)


def allowed(request: SignedInRequest, project: Project) -> frozenset[Action]:
    """Return all that the person may do in the project, looked up once."""
    role = role_in(request.user, project.pk)
    return ALLOWED[role] if role else frozenset()


def page_number(raw: str | None, default: int = 0) -> int:
    """Return a cursor that counts, or the default when what was sent is none."""
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 19 else default


def no_content() -> HttpResponse:
    """Answer that all went well and there is nothing to show."""
    return HttpResponse(status=204)
