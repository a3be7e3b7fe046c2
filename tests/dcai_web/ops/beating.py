"""A worker that beats, as Celery would start and stop its part that does so."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from unittest.mock import Mock

from dcai_web.ops.heartbeat import Heartbeat


def beating(*queues: str, name: str = "worker@here") -> Callable[[], None]:
    """Let a worker say once that it lives; return how it leaves in order."""
    worker = SimpleNamespace(
        app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))),
        hostname=name,
        timer=Mock(),
        steps=[],
    )
    step = Heartbeat(worker)
    step.start(worker)
    return lambda: step.stop(worker)
