"""The clock that starts recurring jobs: it ticks in every worker of general work, and each job is started by one.

A key in Redis that lives as long as the pause between two starts says whose turn it is: nobody's, while it is there.
So there may be any number of workers, none of them is a process of its own, and one that dies takes no clock along.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from celery import bootsteps
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from dcai_web.ops import heartbeat

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
_TURN = "dcai:clock:"


class Clock(bootsteps.StartStopStep):
    """The part of a worker that starts recurring jobs."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._ticking: Any = None

    def include_if(self, worker: Any) -> bool:
        """Tick where general work is done, of which recurring jobs are a part."""
        return worker.app.conf.task_default_queue in worker.app.amqp.queues.consume_from

    def start(self, worker: Any) -> None:
        """Begin to tick."""
        self._ticking = worker.timer.call_repeatedly(EVERY_SECONDS, start_due_jobs, (worker.app,))

    def stop(self, worker: Any) -> None:
        """Stop ticking."""
        if self._ticking is not None:
            self._ticking.cancel()


def start_due_jobs(app: Celery) -> list[str]:
    """Send the recurring jobs whose pause is over, unless another worker does; return their names."""
    sent = []
    try:
        heartbeat.tick(settings.REDIS_URL)
        for name, entry in app.conf.beat_schedule.items():
            pause = int(entry["schedule"])
            if heartbeat.client(settings.REDIS_URL).set(f"{_TURN}{name}", 1, nx=True, ex=pause):
                app.send_task(entry["task"], expires=pause)
                sent.append(name)
    except (RedisError, OperationalError) as error:
        logger.warning("recurring jobs wait: %s", type(error).__name__)
    return sent
