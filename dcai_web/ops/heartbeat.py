"""A worker says every few seconds, in Redis, which queues it serves: so a page can tell that no worker runs."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from dataclasses import dataclass
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
_WORKERS = "dcai:workers"
_CLOCK = "dcai:clock"
# A worker that is gone is shown as such for so long.
_REMEMBERED_SECONDS = 24 * 3600


class Heartbeat(bootsteps.StartStopStep):
    """The part of a worker that beats."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._beat: Any = None

    def start(self, worker: Any) -> None:
        """Begin to beat."""
        beat = (list(worker.app.amqp.queues.consume_from), settings.REDIS_URL, worker.hostname)
        forget_old_workers(settings.REDIS_URL)
        self._tell(*beat)
        self._beat = worker.timer.call_repeatedly(EVERY_SECONDS, self._tell, beat)

    def stop(self, worker: Any) -> None:
        """Stop beating; who leaves in order is not missed."""
        if self._beat is not None:
            self._beat.cancel()
        try:
            client(settings.REDIS_URL).hdel(_WORKERS, worker.hostname)
        except RedisError as error:
            logger.warning("leave not told: %s", type(error).__name__)

    @staticmethod
    def _tell(queues: list[str], redis_url: str, name: str = "worker") -> None:
        try:
            pipeline = client(redis_url).pipeline()
            for queue in queues:
                pipeline.set(f"{_QUEUE}{queue}", 1, ex=GONE_AFTER_SECONDS)
            pipeline.set(f"{_HOST}{socket.gethostname()}", 1, ex=GONE_AFTER_SECONDS)
            told = {"queues": queues, "pid": os.getpid(), "at": time.time()}
            pipeline.hset(_WORKERS, name, json.dumps(told))
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


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as it last said that it lives.

    Parameters
    ----------
    name
        As Celery calls it: what it is, at which host.
    age
        Seconds since then.
    """

    name: str
    queues: tuple[str, ...]
    pid: int
    age: float

    @property
    def alive(self) -> bool:
        """Whether it has beaten lately."""
        return self.age <= GONE_AFTER_SECONDS


def workers(redis_url: str) -> list[Worker]:
    """Return the workers that beat, and those of the last day that stopped beating without saying so, by name."""
    now = time.time()
    found = []
    for name, told in client(redis_url).hgetall(_WORKERS).items():
        read = json.loads(told)
        age = max(0.0, now - read["at"])
        if age <= _REMEMBERED_SECONDS:
            found.append(Worker(name=_text(name), queues=tuple(read["queues"]), pid=read["pid"], age=age))
    return sorted(found, key=lambda worker: (not worker.alive, worker.name))


def _text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer


def forget_old_workers(redis_url: str) -> None:
    """Forget workers that have been gone for a day: containers get new names all the time."""
    try:
        kept = {worker.name for worker in workers(redis_url)}
        known = {_text(name) for name in client(redis_url).hkeys(_WORKERS)}
        if gone := known - kept:
            client(redis_url).hdel(_WORKERS, *gone)
    except RedisError as error:
        logger.warning("old workers not forgotten: %s", type(error).__name__)


def tick(redis_url: str) -> None:
    """Say that the clock, which starts recurring jobs, lives."""
    try:
        client(redis_url).set(_CLOCK, time.time())
    except RedisError as error:
        logger.warning("tick not told: %s", type(error).__name__)


def clock_age(redis_url: str) -> float | None:
    """Return how many seconds ago the clock said that it lives; None when it never did."""
    told = client(redis_url).get(_CLOCK)
    return None if told is None else max(0.0, time.time() - float(told))


@cache
def client(redis_url: str) -> Redis:
    """Return a client that answers or fails within half a second: a page may wait for it."""
    return Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
