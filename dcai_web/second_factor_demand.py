"""Where the site demands a second factor (`DCAI_SECOND_FACTOR`): who has none does nothing else before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.shortcuts import redirect

from dcai_web.errors import API_PREFIX, respond
from labeling.errors import Forbidden
from labeling.selectors import second_factor as second_factor_reads

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

OPEN = frozenset({"second-factor", "logout", "profile-theme"})
"""Pages that are there all the same: to set it up, or to leave."""


class SecondFactorDemand:
    """Sends people who have no second factor, and must have one, to the page that sets it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.SECOND_FACTOR:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Let through who has a second factor, or need not have one."""
        user = request.user
        name = request.resolver_match.url_name if request.resolver_match else None
        if not user.is_authenticated or name in OPEN or _has_shown_code(request):
            return None
        if not second_factor_reads.is_second_factor_demanded(user) or second_factor_reads.has_second_factor(user):
            return None
        if request.path.startswith(API_PREFIX):
            return respond(request, Forbidden("This site demands a second factor of you: set it up on your profile."))
        return redirect("second-factor")


def _has_shown_code(request: HttpRequest) -> bool:
    """Return whether this session began with a code: asked in every request, it costs no query."""
    return any(shown["method"] == "mfa" for shown in get_authentication_records(request, request.user))
