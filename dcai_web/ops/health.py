"""What the two probes say: is this process up, and can the site do its work."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import JsonResponse
from redis.exceptions import RedisError

from dcai_web.ops import heartbeat

QUEUES = ["default", "imports", "media", "quality"]


def alive() -> JsonResponse:
    """Answer as long as this process can answer at all."""
    return JsonResponse({"status": "ok"})


def ready() -> JsonResponse:
    """Answer 200 when the database and Redis answer and a worker takes jobs from every queue; else 503 and why not."""
    checks = {"database": _database(), **_redis_and_workers()}
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


def _redis_and_workers() -> dict[str, str | None]:
    if not settings.REDIS_URL:
        return {"redis": "is not set up: REDIS_URL is empty", "worker": "unknown without Redis"}
    try:
        missing = set(QUEUES) - heartbeat.queues_served(settings.REDIS_URL, QUEUES)
    except RedisError:
        return {"redis": "does not answer", "worker": "unknown without Redis"}
    waiting = ", ".join(queue for queue in QUEUES if queue in missing)
    return {"redis": None, "worker": f"none takes jobs from: {waiting}" if missing else None}
