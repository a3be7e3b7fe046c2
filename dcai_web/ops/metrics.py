"""`/metrics` in Prometheus' text format: what the site has to do, how fast it answers, and whether it keeps up.

Requests are counted in Redis, in one round trip after each request, so that the figures are of all web processes
whichever of them is asked, and survive a restart of any. Without a token nothing is counted and there is no such page.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from bisect import bisect_left
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

import dcai_web
from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COUNTS, _SECONDS, _BUCKETS = "dcai:metrics:count", "dcai:metrics:seconds", "dcai:metrics:bucket"
_SEP = "\x1f"
# What anybody may send as a method must not become ever more series.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_JOBS = """
SELECT queue, state, count(*), coalesce(max(extract(epoch FROM now() - created_at)) FILTER (WHERE state = 'queued'), 0),
       coalesce(max(extract(epoch FROM now() - heartbeat_at)) FILTER (WHERE state = 'running'), 0)
FROM labeling_jobrun GROUP BY queue, state ORDER BY queue, state
"""
_FIGURES = """
SELECT (SELECT count(*) FROM labeling_lease WHERE expires_at > now()),
       (SELECT count(*) FROM labeling_flag WHERE state = 'open'),
       (SELECT count(*) FROM labeling_project WHERE archived_at IS NULL),
       (SELECT count(*) FROM labeling_user WHERE is_active),
       pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())
"""

# After a Redis that did not answer, requests are not counted for a while: each would wait for it anew.
SILENCE_SECONDS = 5.0
_silent = {"until": 0.0}

Lines = Iterator[str]


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; a Redis that does not answer costs nothing but the figure."""
    if not (settings.METRICS_TOKEN and settings.REDIS_URL) or time.monotonic() < _silent["until"]:
        return
    method = method if method in _METHODS else "other"
    bucket = bisect_left(BUCKETS, seconds)
    try:
        pipeline = heartbeat.client(settings.REDIS_URL).pipeline(transaction=False)
        pipeline.hincrby(_COUNTS, _SEP.join((method, route, str(status))), 1)
        pipeline.hincrbyfloat(_SECONDS, _SEP.join((method, route)), seconds)
        pipeline.hincrby(_BUCKETS, _SEP.join((method, route, str(bucket))), 1)
        pipeline.execute()
    except RedisError as error:
        _silent["until"] = time.monotonic() + SILENCE_SECONDS
        logger.warning("requests are not counted for a while: %s", type(error).__name__)


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
    return HttpResponse("\n".join(_lines()) + "\n", content_type=CONTENT_TYPE)


def _lines() -> Lines:
    yield from _family("dcai_info", "gauge", "The version that runs.", [({"version": dcai_web.__version__}, 1)])
    try:
        database = [*_jobs(), *_figures()]
    except DatabaseError:
        connection.close()
        database = []
    yield from _family("dcai_database_up", "gauge", "Whether the database answers.", [({}, int(bool(database)))])
    yield from database
    try:
        redis = [*_queues(), *_requests()]
    except RedisError:
        redis = []
    yield from _family("dcai_redis_up", "gauge", "Whether Redis answers.", [({}, int(bool(redis)))])
    yield from redis


def _jobs() -> Lines:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        found = cursor.fetchall()
    yield from _family(
        "dcai_jobs", "gauge", "Jobs by queue and state.", [({"queue": q, "state": s}, n) for q, s, n, _, _ in found]
    )
    waiting = dict.fromkeys(QUEUES, 0.0)
    silent = dict(waiting)
    for queue, _, _, waits, quiet in found:
        waiting[queue] = max(waiting.get(queue, 0.0), float(waits))
        silent[queue] = max(silent.get(queue, 0.0), float(quiet))
    yield from _family(
        "dcai_job_oldest_waiting_seconds",
        "gauge",
        "How long the oldest waiting job has waited.",
        [({"queue": queue}, seconds) for queue, seconds in waiting.items()],
    )
    yield from _family(
        "dcai_job_heartbeat_age_seconds",
        "gauge",
        "How long ago the quietest running job said that its worker lives.",
        [({"queue": queue}, seconds) for queue, seconds in silent.items()],
    )


def _figures() -> Lines:
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES)
        leases, flags, projects, people, size, connections = cursor.fetchone()
    yield from _family("dcai_leases", "gauge", "Tasks that people hold now.", [({}, leases)])
    yield from _family("dcai_open_flags", "gauge", "Flags that wait for a reviewer.", [({}, flags)])
    yield from _family("dcai_projects", "gauge", "Projects that are not archived.", [({}, projects)])
    yield from _family("dcai_people", "gauge", "People who can sign in.", [({}, people)])
    yield from _family("dcai_database_bytes", "gauge", "Size of the database.", [({}, size)])
    yield from _family("dcai_database_connections", "gauge", "Connections to the database.", [({}, connections)])


def _queues() -> Lines:
    ages = heartbeat.ages(settings.REDIS_URL, QUEUES)
    yield from _family(
        "dcai_worker_up",
        "gauge",
        "Whether a living worker takes jobs from the queue.",
        [({"queue": queue}, int(queue in ages)) for queue in QUEUES],
    )
    yield from _family(
        "dcai_worker_heartbeat_age_seconds",
        "gauge",
        "How long ago a worker of the queue said that it lives.",
        [({"queue": queue}, age) for queue, age in ages.items()],
    )


def _requests() -> Lines:
    client = heartbeat.client(settings.REDIS_URL)
    counts = {_split(key): int(value) for key, value in client.hgetall(_COUNTS).items()}
    seconds = {_split(key): float(value) for key, value in client.hgetall(_SECONDS).items()}
    buckets = {_split(key): int(value) for key, value in client.hgetall(_BUCKETS).items()}
    yield from _family(
        "dcai_requests_total",
        "counter",
        "Requests by method, route and status.",
        [({"method": m, "route": r, "status": s}, n) for (m, r, s), n in sorted(counts.items())],
    )
    name = "dcai_request_seconds"
    yield f"# HELP {name} How long requests took, by method and route."
    yield f"# TYPE {name} histogram"
    for (method, route), total in sorted(seconds.items()):
        labels = {"method": method, "route": route}
        so_far = 0
        for at, bound in enumerate((*map(str, BUCKETS), "+Inf")):
            so_far += buckets.get((method, route, str(at)), 0)
            yield _sample(f"{name}_bucket", {**labels, "le": bound}, so_far)
        yield _sample(f"{name}_sum", labels, round(total, 6))
        yield _sample(f"{name}_count", labels, so_far)


def _split(key: bytes | str) -> tuple[str, ...]:
    return tuple((key.decode() if isinstance(key, bytes) else key).split(_SEP))


def _family(name: str, kind: str, words: str, samples: list[tuple[dict[str, str], float]]) -> Lines:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield _sample(name, labels, value)


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
