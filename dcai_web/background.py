"""Whether work in the background is being done, in words for whoever waits for it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from redis.exceptions import RedisError

from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES

KNOWN_FOR_SECONDS = 5.0
# Pages come up first, workers after them: until then it is too early to call one missing.
ON_THEIR_WAY_SECONDS = 30.0

NO_REDIS = (
    "Imports, image sizes and quality runs wait: Redis, which hands them to the workers, does not answer. Labeling "
    "goes on and is saved. They start by themselves once it is back."
)
NO_WORKER = (
    "No worker runs for {queues}, so such jobs wait. Labeling goes on and is saved. They start by themselves once a "
    "worker runs."
)
_NAMES = {"default": "general work", "imports": "imports", "media": "image sizes", "quality": "quality runs"}


@dataclass(slots=True)
class _Known:
    """What this process found out last, and until when that will do."""

    trouble: str = ""
    until: float = 0.0
    began: float = field(default_factory=time.monotonic)
    asking: threading.Lock = field(default_factory=threading.Lock)


_known = _Known()


def trouble() -> str:
    """Return why background work waits, or nothing; asked every few seconds at most, and by one thread at a time."""
    if time.monotonic() >= _known.until and _known.asking.acquire(blocking=False):
        try:
            _known.trouble = _ask()
            _known.until = time.monotonic() + KNOWN_FOR_SECONDS
        finally:
            _known.asking.release()
    return _known.trouble


def forget() -> None:
    """Ask anew the next time."""
    _known.until = 0.0


def _ask() -> str:
    if not settings.REDIS_URL:
        return NO_REDIS
    try:
        missing = set(QUEUES) - heartbeat.queues_served(settings.REDIS_URL, QUEUES)
    except RedisError:
        return NO_REDIS
    if not missing or time.monotonic() - _known.began < ON_THEIR_WAY_SECONDS:
        return ""
    return NO_WORKER.format(queues=", ".join(_NAMES[queue] for queue in QUEUES if queue in missing))
