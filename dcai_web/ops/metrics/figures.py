"""What the site has to do: asked of the database and Redis each time, the same whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

import dcai_web
from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES

_JOBS = """
SELECT queue, state, count(*), coalesce(max(extract(epoch FROM now() - created_at)) FILTER (WHERE state = 'queued'), 0),
       coalesce(max(extract(epoch FROM now() - heartbeat_at)) FILTER (WHERE state = 'running'), 0)
FROM labeling_jobrun GROUP BY queue, state ORDER BY queue, state
"""
_FIGURES = """
SELECT (SELECT count(*) FROM labeling_lease WHERE expires_at > now()),
       (SELECT count(*) FROM labeling_flag WHERE state = 'open'),
       (SELECT count(*) FROM labeling_project WHERE archived_at IS NULL),
       (SELECT count(*) FROM labeling_user WHERE is_active AND NOT is_service),
       pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())
"""

Samples = Iterable[tuple[tuple[str, ...], float]]


class Site(Collector):
    """The figures of the site, read when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield all that can be read; that the database or Redis does not answer is a figure too."""
        yield _gauge("dcai_info", "The version that runs.", ("version",), [((dcai_web.__version__,), 1)])
        try:
            database = [*_jobs(), *_counts()]
        except DatabaseError:
            connection.close()
            database = []
        yield _gauge("dcai_database_up", "Whether the database answers.", (), [((), bool(database))])
        yield from database
        try:
            redis = [*_workers()]
        except RedisError:
            redis = []
        yield _gauge("dcai_redis_up", "Whether Redis answers.", (), [((), bool(redis))])
        yield from redis


# Not asked before the first reader comes: to describe itself a collector would have to collect.
_registry = CollectorRegistry(auto_describe=False)
_registry.register(Site())


def page() -> bytes:
    """Return the figures of the site."""
    return generate_latest(_registry)


def _jobs() -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        found = cursor.fetchall()
    yield _gauge(
        "dcai_jobs", "Jobs by queue and state.", ("queue", "state"), [((q, state), n) for q, state, n, _, _ in found]
    )
    waiting = dict.fromkeys(QUEUES, 0.0)
    silent = dict.fromkeys(QUEUES, 0.0)
    for queue, _, _, waits, quiet in found:
        waiting[queue] = max(waiting.get(queue, 0.0), float(waits))
        silent[queue] = max(silent.get(queue, 0.0), float(quiet))
    yield _gauge(
        "dcai_job_oldest_waiting_seconds",
        "How long the oldest waiting job has waited.",
        ("queue",),
        [((queue,), seconds) for queue, seconds in waiting.items()],
    )
    yield _gauge(
        "dcai_job_heartbeat_age_seconds",
        "How long ago the quietest running job said that its worker lives.",
        ("queue",),
        [((queue,), seconds) for queue, seconds in silent.items()],
    )


def _counts() -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES)
        leases, flags, projects, people, size, connections = cursor.fetchone()
    yield _gauge("dcai_leases", "Tasks that people hold now.", (), [((), leases)])
    yield _gauge("dcai_open_flags", "Flags that wait for a reviewer.", (), [((), flags)])
    yield _gauge("dcai_projects", "Projects that are not archived.", (), [((), projects)])
    yield _gauge("dcai_people", "People who can sign in.", (), [((), people)])
    yield _gauge("dcai_database_bytes", "Size of the database.", (), [((), size)])
    yield _gauge("dcai_database_connections", "Connections to the database.", (), [((), connections)])


def _workers() -> Iterator[GaugeMetricFamily]:
    ages = heartbeat.ages(settings.REDIS_URL, QUEUES)
    yield _gauge(
        "dcai_worker_up",
        "Whether a living worker takes jobs from the queue.",
        ("queue",),
        [((queue,), queue in ages) for queue in QUEUES],
    )
    yield _gauge(
        "dcai_worker_heartbeat_age_seconds",
        "How long ago a worker of the queue said that it lives.",
        ("queue",),
        [((queue,), age) for queue, age in ages.items()],
    )


def _gauge(name: str, words: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
