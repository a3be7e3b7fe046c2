"""What happens to every request before Django looks at it: an id, a line in the log, and the two probes."""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from dcai_web.ops import health, metrics
from dcai_web.ops.logs import route_of

Handler = Callable[[HttpRequest], HttpResponseBase]

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_logger = structlog.get_logger("dcai_web.request")


class Headers:
    """What a browser is told with every answer: pages, the API, files, probes and errors alike.

    Most of it is Django's; this adds what Django has no setting for, and gives it to answers that never get that far.
    """

    ALWAYS = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
            "microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=()"
        ),
        "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "Cache-Control": "private, no-cache",
    }

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what the answer does not say itself."""
        response = self._get_response(request)
        for name, value in self.ALWAYS.items():
            response.headers.setdefault(name, value)
        return response


class ClientAddress:
    """Behind a proxy (DCAI_BEHIND_PROXY): the address it saw, which it put last into X-Forwarded-For.

    What stands before that in the header was sent by the browser, which may say anything.
    """

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let everything behind see the client's address, and not the proxy's."""
        last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        with suppress(ValueError):
            request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(last.strip("[]")))
        return self._get_response(request)


class Probes:
    """`/healthz`, `/readyz` and `/metrics`, answered whatever the host name, the scheme or the session are."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe, or pass the request on."""
        response = self._answer(request) if request.method in {"GET", "HEAD"} else None
        if response is None:
            return self._get_response(request)
        response["Cache-Control"] = "no-store"
        return response

    @staticmethod
    def _answer(request: HttpRequest) -> HttpResponse | None:
        if request.path_info == "/healthz":
            return health.alive()
        if request.path_info == "/readyz":
            return health.ready()
        return metrics.show(request) if request.path_info == "/metrics" else None


class RequestLog:
    """Give every request an id (or keep the one a proxy gave), put it into all log lines, log the request itself."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request between two looks at the clock."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            began = time.perf_counter()
            response = self._get_response(request)
            response["X-Request-ID"] = request_id
            self._log(request, response, seconds=time.perf_counter() - began)
        return response

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
        if request.path_info in {"/healthz", "/readyz", "/metrics"} or request.path_info.startswith("/static/"):
            return
        # The pattern, not the address: an address may contain the token of an invitation or a password reset.
        route = route_of(request)
        metrics.count(method=request.method or "", route=route, status=response.status_code, seconds=seconds)
        level = "error" if response.status_code >= 500 else "info"
        getattr(_logger, level)(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            user=_known(request),
        )


def _known(request: HttpRequest) -> int | None:
    """Return who asks, if the request has found that out: to ask now would need a database, which may be gone."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return user.pk if user is not None else None
