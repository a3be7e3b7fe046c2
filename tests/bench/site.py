"""The product as it runs: a web server and a worker of its own, and how long each takes to start."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from dcai_web.ops import heartbeat
from dcai_web.ops.supervisor import site
from dcai_web.ops.supervisor.program import Program
from tests.bench import processes

SIZE = site.Size(web_workers=2, web_threads=4, job_workers=1)
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A running product."""

    port: int
    web: int
    worker: int
    web_started: float
    worker_started: float

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def peaks(self, *, job: float) -> dict[str, float]:
        """Return the megabytes that each process had in memory at most; those of a job's end with it."""
        web = processes.family(self.web)
        return {
            "web server, each of its 2 processes": max(map(processes.peak, web[1:])),
            "web server, what starts them": processes.peak(self.web),
            "job worker": processes.peak(self.worker),
            "job worker, the process of an import": job,
        }


@contextmanager
def running() -> Iterator[Site]:
    """Start a web server and a worker one after the other, so that each is timed alone; end both."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running: list[subprocess.Popen[bytes]] = []
    try:
        web = _start(running, site.web(host="127.0.0.1", port=port, size=SIZE), lambda: _answers(port))
        worker = _start(running, site.workers(size=SIZE)[0], _takes_jobs)
        yield Site(port, running[0].pid, running[1].pid, web_started=web, worker_started=worker)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _start(running: list[subprocess.Popen[bytes]], program: Program, is_up: Callable[[], bool]) -> float:
    began = time.perf_counter()
    running.append(
        subprocess.Popen(program.command, cwd=program.options["cwd"], env={**os.environ, "DCAI_LOG_LEVEL": "WARNING"})
    )
    while time.perf_counter() - began < _PATIENCE:
        if is_up():
            return time.perf_counter() - began
        time.sleep(0.02)
    message = f"{program.name} did not start."
    raise TimeoutError(message)


def _answers(port: int) -> bool:
    try:
        ask = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        ask.request("GET", "/healthz")
        return ask.getresponse().status == 200
    except OSError:
        return False


def _takes_jobs() -> bool:
    queues = ["default", "imports"]
    try:
        return heartbeat.queues_served(settings.REDIS_URL, queues) == set(queues)
    except RedisError:
        return False
