"""A pool for Celery's workers that keeps no process waiting: each message gets one, which ends with its work.

At rest a worker is one process. What a job took of memory goes back to the system when it is done, and the next one
starts from what was loaded at the start, so that a fork of a few milliseconds is all it waits for.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
from billiard import get_context
from billiard.einfo import ExceptionInfo
from billiard.exceptions import WorkerLostError
from celery.concurrency.base import BasePool
from celery.concurrency.prefork import process_destructor, process_initializer
from django.conf import settings

from dcai_web.ops import observe

NICE = 10
_LOOK_SECONDS = 0.05
# Its types do not say what a context makes.
_FORKING: Any = get_context("fork")


@dataclass(frozen=True, slots=True)
class _Work:
    """A message: what is to be done, and who wants to hear of it."""

    target: Callable[..., Any]
    args: tuple[Any, ...]
    begun: Callable[[int, float], None]
    done: Callable[[tuple[int, None, float]], None]
    lost: Callable[[Any], None]

    @property
    def gives_way(self) -> bool:
        """Whether people must not notice it: it came through a queue of low priority."""
        request = self.args[2] if len(self.args) > 2 else {}
        return request.get("delivery_info", {}).get("routing_key") in settings.LOW_PRIORITY_QUEUES


@dataclass(slots=True)
class _Child:
    """A process at work."""

    process: Any
    work: _Work
    began: float


class ForkingPool(BasePool):
    """Forks a process for each message, `--concurrency` of them at a time. It knows no time limits; no job has one."""

    def __init__(self, limit: int, *args: Any, **options: Any) -> None:
        super().__init__(limit, *args, **options)
        self._children: dict[int, _Child] = {}
        self._waiting: deque[_Work] = deque()
        self._hub: Any = None

    def on_start(self) -> None:
        """Leave what is loaded by now alone: a collection in a child would copy all of its pages."""
        gc.collect()
        gc.freeze()

    def register_with_event_loop(self, loop: Any) -> None:
        """Notice when a child ends; called again after each loss of the broker, which forgets everything watched."""
        self._hub = loop
        for sentinel in self._children:
            loop.add_reader(sentinel, self._end, sentinel)

    def on_apply(
        self,
        target: Callable[..., Any],
        args: Any = (),
        kwargs: dict[str, Any] | None = None,
        *,
        accept_callback: Callable[[int, float], None],
        callback: Callable[[Any], None],
        error_callback: Callable[[Any], None],
        **_: Any,
    ) -> None:
        """Start a child for a message, or keep it until one of those at work has ended."""
        self._waiting.append(_Work(target, tuple(args), accept_callback, callback, error_callback))
        self._start_waiting()

    def on_stop(self) -> None:
        """Wait for the children; messages that none has begun go back to their queue."""
        while self._children:
            for sentinel, child in list(self._children.items()):
                # A second signal comes here while the first one waits, and may have seen to a child already.
                with contextlib.suppress(ValueError):
                    if child.process.exitcode is not None:
                        self._end(sentinel)
            time.sleep(_LOOK_SECONDS)

    def on_terminate(self) -> None:
        """End the children at once; their messages go back to their queue."""
        for child in self._children.values():
            self.terminate_job(child.process.pid, signal.SIGKILL)
        for child in self._children.values():
            child.process.join()
        self._children.clear()

    def terminate_job(self, pid: int, number: int | None = None) -> None:
        """End one child."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number or signal.SIGTERM)

    def _start_waiting(self) -> None:
        while self._waiting and self.active and len(self._children) < self.limit:
            self._start(self._waiting.popleft())

    def _start(self, work: _Work) -> None:
        _, hostname = self.options["initargs"]
        process = _FORKING.Process(target=_do, args=(self.app, hostname, work))
        process.start()
        began = time.monotonic()
        self._children[process.sentinel] = _Child(process, work, began)
        if self._hub is not None:
            self._hub.add_reader(process.sentinel, self._end, process.sentinel)
        work.begun(process.pid, began)

    def _end(self, sentinel: int) -> None:
        """Say how a child ended: a message is done whatever became of its job, unless its process died on the way."""
        child = self._children.pop(sentinel, None)
        if child is None:  # a signal came while it was being seen to
            return
        if self._hub is not None:
            self._hub.remove_reader(sentinel)
        child.process.join()
        code = child.process.exitcode
        child.process.close()
        if code == 0:
            child.work.done((0, None, time.monotonic() - child.began))
        else:
            child.work.lost(_lost(code))
        self._start_waiting()


def _do(app: Any, hostname: str, work: _Work) -> None:
    """Do the work, in the child."""
    process_initializer(app, hostname)
    if work.gives_way:
        give_way()
    work.target(*work.args)
    process_destructor(os.getpid(), 0)
    # Nothing that waits for the end of an interpreter comes to its turn here.
    observe.flush()


def give_way() -> None:
    """Let everybody else of this machine have its processors and disks first."""
    os.nice(NICE)
    with contextlib.suppress(AttributeError, OSError):  # not everywhere can it be asked for
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def _lost(code: int | None) -> ExceptionInfo:
    try:
        message = f"its process ended with {code}"
        raise WorkerLostError(message)  # noqa: TRY301 - Celery wants to be told of an exception that was raised
    except WorkerLostError:
        return ExceptionInfo()
