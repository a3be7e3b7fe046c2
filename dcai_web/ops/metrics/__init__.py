"""`/metrics` in Prometheus' text format: what the site has to do, how fast it answers, and whether it keeps up.

Figures of the site come from the database and Redis when somebody asks (`figures`); requests are counted in memory, in
a file that the web processes of one server share (`requests`). Without a token nothing is counted or loaded, and there
is no such page.
"""

from __future__ import annotations

import hmac
import re
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def share_between_processes() -> None:
    """Let the web processes of one server count together; called by each before it answers anything."""
    if settings.METRICS_TOKEN:
        from dcai_web.ops.metrics import sharing  # noqa: PLC0415 - loaded where it is wanted

        sharing.begin(Path(settings.DATA_DIR) / "run" / "metrics")


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    if settings.METRICS_TOKEN:
        from dcai_web.ops.metrics import requests  # noqa: PLC0415 - as above

        requests.count(method=method, route=route, status=status, seconds=seconds)


def show(request: HttpRequest) -> HttpResponse | None:
    """Answer the figures to whoever sends the token as a bearer; None where no token is set."""
    if not settings.METRICS_TOKEN:
        return None
    given = re.sub(r"^Bearer\s+", "", request.headers.get("Authorization", ""), flags=re.IGNORECASE)
    if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        response = HttpResponse("Send DCAI_METRICS_TOKEN as a bearer token.\n", status=HTTPStatus.UNAUTHORIZED)
        response["WWW-Authenticate"] = "Bearer"
        response["Content-Type"] = "text/plain; charset=utf-8"
        return response
    from dcai_web.ops.metrics import figures, requests  # noqa: PLC0415 - as above

    return HttpResponse(figures.page() + requests.page(), content_type=CONTENT_TYPE)
