"""What is kept of sign-ins: the route that was asked for, not its address, which may be the link of an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.handlers.database import AxesDatabaseHandler

from dcai_web.ops.logs import route_of

if TYPE_CHECKING:
    from django.http import HttpRequest


class RoutesOnly(AxesDatabaseHandler):  # type: ignore[misc]  # the package has no types
    """Keeps failures and sign-ins as axes does, with routes for addresses."""

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """Keep a sign-in."""
        request.axes_path_info = route_of(request)  # type: ignore[attr-defined]  # axes reads it there
        super().user_logged_in(sender, request, user, **kwargs)
