"""What the two probes say: is this process up, and can the site do its work."""

from __future__ import annotations

import shutil
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import JsonResponse
from redis.exceptions import RedisError

from dcai_web.ops import heartbeat
from dcai_web.ops.engines import place

QUEUES = ["default", "imports", "media", "quality"]
LEAST_FREE_BYTES = 256 * 1024**2
"""Below this much room soon nothing can be saved: PostgreSQL alone wants some of it to write ahead."""


def alive() -> JsonResponse:
    """Answer as long as this process can answer at all."""
    return JsonResponse({"status": "ok"})


def ready() -> JsonResponse:
    """Answer 200 when database and Redis answer, there is room to save, and a worker serves every queue; else 503."""
    checks = {"database": _database(), "disk": _disk(), **_redis_and_workers()}
    well = all(problem is None for problem in checks.values())
    content = {
        "status": "ok" if well else "unavailable",
        "checks": {name: problem or "ok" for name, problem in checks.items()},
    }
    return JsonResponse(content, status=HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)


def _database() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        # The next request gets a new connection, not this broken one.
        connection.close()
        return "does not answer"
    return None


def _disk() -> str | None:
    """Look at the disks that this process can see: of a database elsewhere nothing can be known but its answers."""
    for folder in (settings.DATA_DIR, place.known_postgres_home(settings.DATA_DIR)):
        if folder is None or not folder.exists():
            continue
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE_BYTES:
            return f"only {free // 1024**2} MB are free where {_what(folder)} is: make room"
    return None


def _what(folder: Path) -> str:
    return "the data directory" if folder == settings.DATA_DIR else "the database"


def _redis_and_workers() -> dict[str, str | None]:
    if not settings.REDIS_URL:
        return {"redis": "is not set up: REDIS_URL is empty", "worker": "unknown without Redis"}
    try:
        missing = set(QUEUES) - heartbeat.queues_served(settings.REDIS_URL, QUEUES)
    except RedisError:
        return {"redis": "does not answer", "worker": "unknown without Redis"}
    waiting = ", ".join(queue for queue in QUEUES if queue in missing)
    return {"redis": None, "worker": f"none takes jobs from: {waiting}" if missing else None}
