"""Structured logs: JSON, or lines for a person on a terminal, and never a secret."""

from __future__ import annotations

import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from django.http import HttpRequest

_SECRET = re.compile(r"pass(word|wd)?|secret|token|authorization|cookie|api_?key|session", re.IGNORECASE)
# Passwords in addresses, and bearer tokens, wherever they turn up in a text.
_IN_TEXT = re.compile(r"(?P<before>://[^:/@\s]*:|[Bb]earer\s+)[^@\s\"']+")
# Whoever knows the last part of these addresses comes in: an invitation, a link for a password.
_IN_LINK = re.compile(
    r"(?P<before>(?:/|%2F)(?:join|password(?:/|%2F)[^/%\s]+)(?:/|%2F))[^/%\s\"'?&<]+", flags=re.IGNORECASE
)
_HIDDEN = "***"


def form_for_this_output() -> str:
    """Return `console` on a terminal, else `json`."""
    return "console" if sys.stderr.isatty() else "json"


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out values whose names, or whose texts, say that they are secret."""
    for name, value in event.items():
        if _SECRET.search(name):
            event[name] = _HIDDEN
        elif isinstance(value, str):
            event[name] = _without_secrets(value)
    return event


def _without_secrets(text: str) -> str:
    for pattern in (_IN_TEXT, _IN_LINK):
        text = pattern.sub(rf"\g<before>{_HIDDEN}", text)
    return text


def route_of(request: HttpRequest) -> str:
    """Return the pattern of a request's address, which unlike the address may be written down."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(none)"


class RoutesForAddresses(logging.Filter):
    """Puts the route where what logs a request (Django's loggers do) names its address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; let every one pass."""
        request: Any = getattr(record, "request", None)
        if hasattr(request, "resolver_match") and isinstance(record.args, tuple):
            # Django escapes what it logs.
            named = {request.path, request.path.encode("unicode_escape").decode("ascii")}
            record.args = tuple(route_of(request) if value in named else value for value in record.args)
        return True


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """Return the LOGGING setting."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_for_form(form),
                ],
            }
        },
        "filters": {"routes": {"()": RoutesForAddresses}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["routes"]},
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            # Django's own handlers write whole addresses.
            "django": {"handlers": [], "level": "INFO"},
            # Our own line says the same with the request's id; errors keep their traceback.
            "django.request": {"level": "ERROR"},
            # However much is asked for: statements and the variables of templates hold what people sent.
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
            "django.server": {"handlers": [], "propagate": True},
            "celery": {"level": "WARNING"},
        },
    }


def configure(setting: dict[str, Any]) -> None:
    """Apply the LOGGING setting, and let structlog's own loggers end in the same handlers."""
    logging.config.dictConfig(setting)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _for_form(form: str) -> list[Any]:
    # The traceback becomes text first, so that what is secret in it is hidden too.
    hidden = [structlog.processors.format_exc_info, hide_secrets]
    if form == "console":
        plain = structlog.dev.plain_traceback
        return [*hidden, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain)]
    return [*hidden, structlog.processors.JSONRenderer()]
