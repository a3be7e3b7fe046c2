"""Errors to Sentry: what broke, where in the code, at which route; not what anybody wrote, and not who it was.

The text of an exception may hold what a person typed, so that it stays in the log, under the same request id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.logging import ignore_logger

import dcai_web

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from sentry_sdk.transport import Transport

    Event = MutableMapping[str, Any]

# These say again, with addresses in them, what the exception itself has said.
_TWICE = ("django.request", "dcai_web.request")
_KEPT = {"event_id", "timestamp", "level", "platform", "release", "environment", "sdk", "modules", "logger"}
_KEPT_CONTEXTS = {"runtime", "os"}
_KEPT_OF_FRAMES = {
    "filename", "abs_path", "function", "module", "lineno", "pre_context", "context_line", "post_context", "in_app",
}  # fmt: skip


def start(*, dsn: str, transport: Transport | None = None) -> None:
    """Have errors reported from now on; `transport` takes the place of the network."""
    for name in _TWICE:
        ignore_logger(name)
    sentry_sdk.init(
        dsn=dsn,
        release=f"dcai@{dcai_web.__version__}",
        transport=transport,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=private,  # type: ignore[arg-type]  # an event is a plain mapping to us
    )


def private(event: Event, hint: dict[str, Any]) -> Event:
    """Return of an event what may leave: chosen by name, so that what a newer SDK adds stays here."""
    sent: dict[str, Any] = {name: value for name, value in event.items() if name in _KEPT}
    contexts = event.get("contexts", {})
    sent["contexts"] = {name: context for name, context in contexts.items() if name in _KEPT_CONTEXTS}
    if event.get("transaction_info", {}).get("source") == "route":
        sent["transaction"] = event["transaction"]
    if method := (event.get("request") or {}).get("method"):
        sent["request"] = {"method": method}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        sent["tags"] = {"request_id": request_id}
    if raised := event.get("exception"):
        sent["exception"] = {"values": [_exception(value) for value in raised.get("values", [])]}
    if message := _message(event, hint):
        sent["logentry"] = message
    return sent


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    stack = value.get("stacktrace") or {}
    frames = [
        {name: part for name, part in frame.items() if name in _KEPT_OF_FRAMES} for frame in stack.get("frames", [])
    ]
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "mechanism": value.get("mechanism"),
        "stacktrace": {"frames": frames},
    }


def _message(event: Event, hint: dict[str, Any]) -> dict[str, Any] | None:
    """Return what was logged as it stands in the code, with its numbers; texts that it was filled with are left out."""
    record = hint.get("log_record")
    if record is None:
        return None
    said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    values = (event.get("logentry") or {}).get("params") or ()
    numbers = (
        [value if isinstance(value, int | float) else "..." for value in values]
        if isinstance(values, list | tuple)
        else []
    )
    return {"message": str(said), "params": numbers}
