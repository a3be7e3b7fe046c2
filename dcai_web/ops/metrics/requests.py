"""How many requests there were, and how long they took."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from dcai_web.ops.metrics import sharing

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# What anybody may send as a method must not become ever more series.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

disable_created_metrics()  # type: ignore[no-untyped-call]
_registry = CollectorRegistry()
_requests = Counter(
    "dcai_requests_total", "Requests by method, route and status.", ("method", "route", "status"), registry=_registry
)
_seconds = Histogram(
    "dcai_request_seconds",
    "How long requests took, by method and route.",
    ("method", "route"),
    buckets=BUCKETS,
    registry=_registry,
)


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request: additions in memory, nothing to wait for."""
    method = method if method in _METHODS else "other"
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(method, route).observe(seconds)


def page() -> bytes:
    """Return the requests to all web processes of this server."""
    folder = sharing.folder()
    if folder is None:
        return generate_latest(_registry)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody, path=str(folder))  # type: ignore[no-untyped-call]
    return generate_latest(everybody)
