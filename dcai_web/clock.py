"""The clock that starts recurring jobs, and says that it lives."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings

from dcai_web.ops import heartbeat


class Clock(PersistentScheduler):
    """Celery's own clock, which tells Redis at every tick that it is there."""

    def tick(self, *args: Any, **options: Any) -> float:
        """Start what is due; return how long to wait."""
        if settings.REDIS_URL:
            heartbeat.tick(settings.REDIS_URL)
        seconds: float = super().tick(*args, **options)
        return seconds
