"""A worker's children: one per message, gone with it, given way to where they must not be noticed."""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from billiard.exceptions import WorkerLostError
from celery import current_app

from dcai_web.ops.forking import NICE, ForkingPool


class Heard:
    """What the worker is told about a message."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        self.done: list[Any] = []
        self.lost: list[Any] = []

    @property
    def callbacks(self) -> dict[str, Any]:
        return {
            "accept_callback": lambda pid, _: self.pids.append(pid),
            "callback": self.done.append,
            "error_callback": self.lost.append,
        }


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def pool() -> Iterator[ForkingPool]:
    pool = ForkingPool(1, app=current_app, initargs=(current_app, "test@here"))
    pool.start()
    yield pool
    pool.terminate()
    gc.unfreeze()


def message(queue: str, file: Path) -> tuple[Any, ...]:
    return "task", "id", {"delivery_info": {"routing_key": queue}}, str(file)


def write_down(_name: str, _id: str, _request: Any, file: str) -> None:
    me = psutil.Process()
    told = {"pid": me.pid, "nice": me.nice(), "io": int(me.ionice().ioclass)}
    Path(file).write_text(json.dumps(told), encoding="utf-8")


def sleep(*_: Any) -> None:
    time.sleep(60)


def test_a_message_gets_a_process_that_ends_with_it(pool: ForkingPool, heard: Heard, tmp_path: Path) -> None:
    pool.apply_async(write_down, message("default", tmp_path / "told"), **heard.callbacks)
    pool.stop()
    told = json.loads((tmp_path / "told").read_text())
    assert heard.pids == [told["pid"]]
    assert told["pid"] != os.getpid()
    assert not psutil.pid_exists(told["pid"])
    assert [(failed, result) for failed, result, _ in heard.done] == [(0, None)]
    assert heard.lost == []


@pytest.mark.parametrize(("queue", "lower"), [("quality", True), ("default", False), ("imports", False)])
def test_quality_gives_way_to_everybody_else(
    pool: ForkingPool, heard: Heard, tmp_path: Path, queue: str, lower: bool
) -> None:
    before = psutil.Process().nice()
    pool.apply_async(write_down, message(queue, tmp_path / "told"), **heard.callbacks)
    pool.stop()
    told = json.loads((tmp_path / "told").read_text())
    assert told["nice"] == before + (NICE if lower else 0)
    assert (told["io"] == psutil.IOPRIO_CLASS_IDLE) is lower


def test_one_that_is_killed_is_lost_and_the_next_one_starts(pool: ForkingPool, heard: Heard, tmp_path: Path) -> None:
    pool.apply_async(sleep, message("default", tmp_path), **heard.callbacks)
    pool.apply_async(write_down, message("default", tmp_path / "told"), **heard.callbacks)
    assert len(heard.pids) == 1, "one at a time, as asked"
    pool.terminate_job(heard.pids[0], signal.SIGKILL)
    for _ in range(2):
        # As the worker's loop does when a child's end is noticed.
        (sentinel,) = pool._children
        pool._end(sentinel)
    assert isinstance(heard.lost[0].exception.exc, WorkerLostError)
    assert len(heard.done) == 1
    assert (tmp_path / "told").exists()


def test_a_cold_end_waits_for_nobody(pool: ForkingPool, heard: Heard, tmp_path: Path) -> None:
    pool.apply_async(sleep, message("default", tmp_path), **heard.callbacks)
    began = time.monotonic()
    pool.terminate()
    assert time.monotonic() - began < 20
    assert not psutil.pid_exists(heard.pids[0])
    assert heard.done == heard.lost == [], "its message goes back to its queue with the connection"


def test_a_second_signal_ends_what_the_first_one_waits_for(pool: ForkingPool, heard: Heard, tmp_path: Path) -> None:
    def hurry(*_: Any) -> None:
        pool.terminate_job(heard.pids[0])
        pool.stop()

    pool.apply_async(sleep, message("default", tmp_path), **heard.callbacks)
    before = signal.signal(signal.SIGUSR1, hurry)
    try:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        pool.stop()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(heard.lost) == 1
    assert not psutil.pid_exists(heard.pids[0])


def test_children_are_watched_again_after_the_broker_was_lost(pool: ForkingPool, heard: Heard, tmp_path: Path) -> None:
    class Loop:
        def __init__(self) -> None:
            self.watched: set[int] = set()

        def add_reader(self, sentinel: int, *_: Any) -> None:
            self.watched.add(sentinel)

        def remove_reader(self, sentinel: int) -> None:
            self.watched.discard(sentinel)

    first, second = Loop(), Loop()
    pool.register_with_event_loop(first)
    pool.apply_async(sleep, message("default", tmp_path), **heard.callbacks)
    assert first.watched == pool._children.keys()
    pool.register_with_event_loop(second)
    assert second.watched == pool._children.keys()


def test_it_is_the_one_that_workers_have() -> None:
    assert current_app.conf.worker_pool == "dcai_web.ops.forking:ForkingPool"
