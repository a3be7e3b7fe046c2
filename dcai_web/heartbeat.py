"""A worker says every few seconds, in Redis, which queues it serves: so a page can tell that no worker runs."""

from __future__ import annotations

import logging
import socket
import sys
from functools import cache
from typing import Any

from celery import bootsteps
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3
# A worker that missed this much is taken for dead.
GONE_AFTER_SECONDS = 15
_QUEUE = "dcai:worker:queue:"
_HOST = "dcai:worker:host:"


class Heartbeat(bootsteps.StartStopStep):
    """The part of a worker that beats."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._beat: Any = None

    def start(self, worker: Any) -> None:
        """Begin to beat."""
        beat = (list(worker.app.amqp.queues.consume_from), settings.REDIS_URL)
        self._tell(*beat)
        self._beat = worker.timer.call_repeatedly(EVERY_SECONDS, self._tell, beat)

    def stop(self, worker: Any) -> None:
        """Stop beating."""
        if self._beat is not None:
            self._beat.cancel()

    @staticmethod
    def _tell(queues: list[str], redis_url: str) -> None:
        try:
            pipeline = client(redis_url).pipeline()
            for queue in queues:
                pipeline.set(f"{_QUEUE}{queue}", 1, ex=GONE_AFTER_SECONDS)
            pipeline.set(f"{_HOST}{socket.gethostname()}", 1, ex=GONE_AFTER_SECONDS)
            pipeline.execute()
        except RedisError as error:
            logger.warning("heartbeat not told: %s", type(error).__name__)


def queues_served(redis_url: str, queues: list[str]) -> set[str]:
    """Return those of the queues that a living worker takes jobs from."""
    answers = client(redis_url).mget([f"{_QUEUE}{queue}" for queue in queues])
    return {queue for queue, answer in zip(queues, answers, strict=True) if answer is not None}


def ages(redis_url: str, queues: list[str]) -> dict[str, float]:
    """Return how many seconds ago a worker of each queue has beaten; a queue that nobody serves is left out."""
    pipeline = client(redis_url).pipeline(transaction=False)
    for queue in queues:
        pipeline.pttl(f"{_QUEUE}{queue}")
    left = zip(queues, pipeline.execute(), strict=True)
    return {queue: GONE_AFTER_SECONDS - milliseconds / 1000 for queue, milliseconds in left if milliseconds >= 0}


def worker_lives_here(redis_url: str) -> bool:
    """Tell whether a worker on this host (in this container) has beaten lately."""
    return client(redis_url).get(f"{_HOST}{socket.gethostname()}") is not None


@cache
def client(redis_url: str) -> Redis:
    """Return a client that answers or fails within a second."""
    return Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


if __name__ == "__main__":  # the health check of a worker's container
    sys.exit(0 if worker_lives_here(settings.REDIS_URL) else 1)
