"""The status of the system: queues, workers, jobs, database, Redis, disk, backups; each says when it cannot be read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone
from redis.exceptions import RedisError

import dcai_web
from dcai_web.ops import heartbeat
from dcai_web.ops.backups import schedule
from dcai_web.ops.health import QUEUES
from labeling.models import JobRun, JobState, Lease

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcai_web.ops.heartbeat import Worker

DAY = timedelta(days=1)
SHOWN = 10
CLOCK_GONE_AFTER = 90.0
LONG_WAIT = timedelta(minutes=5)
LITTLE_DISK = 0.1


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of jobs.

    Parameters
    ----------
    sent
        Messages that wait in Redis; None when it does not answer.
    waiting, oldest
        Jobs that no worker has begun, by the database, and since when the first of them waits.
    running
        Jobs that a worker is at.
    workers
        How many living workers take jobs from it; None when Redis does not answer.
    """

    name: str
    sent: int | None
    waiting: int
    oldest: datetime | None
    running: int
    workers: int | None


@dataclass(frozen=True, slots=True)
class Redis:
    """What Redis says of itself and keeps for others; `None` fields are unknown."""

    memory: int
    limit: int
    unacknowledged: int
    depths: dict[str, int]
    workers: list[Worker]
    clock_age: float | None

    @property
    def clock_alive(self) -> bool:
        """Whether the clock has ticked lately."""
        return self.clock_age is not None and self.clock_age <= CLOCK_GONE_AFTER


@dataclass(frozen=True, slots=True)
class Database:
    """The database in figures."""

    size: int
    connections: int
    most_connections: int


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that the data directory is on."""

    free: int
    total: int

    @property
    def share(self) -> float:
        """Return the free share."""
        return self.free / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should see to, and what to do."""

    title: str
    text: str
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """The site at one instant."""

    at: datetime
    version: str
    queues: list[Queue]
    redis: Redis | None
    database: Database
    disk: Disk | None
    leases: int
    running: list[JobRun]
    failed: list[JobRun]
    failed_count: int
    ended_count: int
    last_backup: datetime | None
    backups_wanted: bool
    problems: list[Problem]


def read_status() -> Status:
    """Return the status of the system now; the database must answer, nothing else need."""
    now = timezone.now()
    redis = _redis()
    queues = _queues(redis)
    disk = _disk()
    last_backup = schedule.newest()
    found = JobRun.objects.select_related("project", "requested_by").defer("params", "cursor", "result")
    ended = JobRun.objects.filter(finished_at__gte=now - DAY)
    counts = ended.aggregate(all=Count("pk"), failed=Count("pk", filter=Q(state=JobState.FAILED)))
    return Status(
        at=now,
        version=dcai_web.__version__,
        queues=queues,
        redis=redis,
        database=_database(),
        disk=disk,
        leases=Lease.objects.filter(expires_at__gt=now).count(),
        running=list(found.filter(state=JobState.RUNNING).order_by("started_at")[:SHOWN]),
        failed=list(found.filter(state=JobState.FAILED, finished_at__gte=now - DAY).order_by("-finished_at")[:SHOWN]),
        failed_count=counts["failed"],
        ended_count=counts["all"],
        last_backup=last_backup,
        backups_wanted=bool(settings.BACKUP_DIR and settings.BACKUP_HOURS > 0),
        problems=[*_of_workers(redis, queues, now), *_of_keeping(disk, last_backup, now)],
    )


def _redis() -> Redis | None:
    if not settings.REDIS_URL:
        return None
    try:
        client = heartbeat.client(settings.REDIS_URL)
        pipeline = client.pipeline(transaction=False)
        pipeline.info("memory")
        pipeline.hlen("unacked")
        for queue in QUEUES:
            pipeline.llen(queue)
        memory, unacknowledged, *depths = pipeline.execute()
        return Redis(
            memory=memory["used_memory"],
            limit=memory["maxmemory"],
            unacknowledged=unacknowledged,
            depths=dict(zip(QUEUES, depths, strict=True)),
            workers=heartbeat.workers(settings.REDIS_URL),
            clock_age=heartbeat.clock_age(settings.REDIS_URL),
        )
    except RedisError:
        return None


def _queues(redis: Redis | None) -> list[Queue]:
    alive = JobRun.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).order_by().values("queue")
    counted = {
        row["queue"]: row
        for row in alive.annotate(
            waiting=Count("pk", filter=Q(state=JobState.QUEUED)),
            running=Count("pk", filter=Q(state=JobState.RUNNING)),
            oldest=Min("created_at", filter=Q(state=JobState.QUEUED)),
        )
    }
    return [
        Queue(
            name=name,
            sent=redis.depths.get(name) if redis else None,
            waiting=counted.get(name, {}).get("waiting", 0),
            oldest=counted.get(name, {}).get("oldest"),
            running=counted.get(name, {}).get("running", 0),
            workers=sum(worker.alive and name in worker.queues for worker in redis.workers) if redis else None,
        )
        for name in (*QUEUES, *sorted(counted.keys() - set(QUEUES)))
    ]


def _database() -> Database:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database()), current_setting('max_connections')::int"
        )
        return Database(*cursor.fetchone())


def _disk() -> Disk | None:
    try:
        usage = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return None
    return Disk(free=usage.free, total=usage.total)


def _of_workers(redis: Redis | None, queues: Sequence[Queue], now: datetime) -> list[Problem]:
    if redis is None:
        text = (
            "Redis does not answer. People can go on labeling; jobs wait in the database and start when it is back. "
            "Workers and clock cannot be seen meanwhile."
        )
        return [Problem("Redis is away", text)]
    found = []
    if idle := [queue.name for queue in queues if queue.workers == 0]:
        text = f"Nobody takes jobs from {', '.join(idle)}. Start a worker; what waits then starts by itself."
        found.append(Problem("No worker", text))
    if not redis.clock_alive:
        text = "Recurring jobs do not start, and lost ones are not sent again. Start a worker for the queue “default”."
        found.append(Problem("The clock is away", text))
    late = [queue for queue in queues if queue.workers and queue.oldest and now - queue.oldest > LONG_WAIT]
    if late:
        names = ", ".join(queue.name for queue in late)
        text = f"Jobs in {names} wait for more than five minutes. More workers would help."
        found.append(Problem("Jobs wait long", text, grave=False))
    return found


def _of_keeping(disk: Disk | None, last_backup: datetime | None, now: datetime) -> list[Problem]:
    found = []
    if disk is not None and disk.share < LITTLE_DISK:
        text = "Less than a tenth of the disk under the data directory is free. A full one stops imports and saves."
        found.append(Problem("The disk is nearly full", text))
    if settings.BACKUP_DIR and settings.BACKUP_HOURS > 0:
        due = timedelta(hours=settings.BACKUP_HOURS) + timedelta(hours=1)
        if last_backup is None or now - last_backup > due:
            text = f"One was due every {settings.BACKUP_HOURS} hours in {settings.BACKUP_DIR}."
            found.append(Problem("The last backup is too old" if last_backup else "There is no backup yet", text))
    return found
