"""Errors to Sentry and traces to OpenTelemetry, each when its setting is there. Neither is loaded otherwise.

What people wrote and who they are stays here by construction: what leaves names code, routes and times, no texts.
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def start() -> None:
    """Start what is set up, once per process."""
    if settings.SENTRY_DSN:
        _demand("DCAI_SENTRY_DSN", "sentry_sdk")
        from dcai_web.ops.observe import errors  # noqa: PLC0415 - an optional package, loaded where it is wanted

        errors.start(dsn=settings.SENTRY_DSN)
    if settings.OTEL_ENDPOINT:
        _demand("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.sdk")
        from dcai_web.ops.observe import traces  # noqa: PLC0415 - as above

        traces.start()


def flush() -> None:
    """Send what waits: a process that ends without its interpreter's farewell must ask for it."""
    if settings.SENTRY_DSN:
        import sentry_sdk  # noqa: PLC0415 - an optional package, loaded where it is wanted

        sentry_sdk.flush()
    if settings.OTEL_ENDPOINT:
        from dcai_web.ops.observe import traces  # noqa: PLC0415 - as above

        traces.flush()


def _demand(setting: str, package: str) -> None:
    """Stop the start in words when a setting asks for a package that is not there."""
    try:
        __import__(package)
    except ImportError as error:
        message = (
            f"{setting} is set, but {error.name} is not installed. Install requirements/observe.txt "
            "(pip install --require-hashes -r requirements/observe.txt), or take the setting away."
        )
        raise ImproperlyConfigured(message) from None
