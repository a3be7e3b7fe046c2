"""The programs that the product consists of."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcai_web.ops.engines.postgres import Postgres
from dcai_web.ops.engines.redis import Redis
from dcai_web.ops.supervisor.program import Program

ROOT = Path(__file__).resolve().parents[3]
_TOOLS = Path(sys.executable).parent
_HERE: dict[str, Any] = {"cwd": str(ROOT)}
# A warm shutdown finishes the jobs that run; a cold one gives them back to their queue.
_WORKER_FAREWELL = ((signal.SIGTERM, 20.0), (signal.SIGQUIT, 10.0))


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are."""

    web_workers: int
    web_threads: int
    job_workers: int


def postgres(engine: Postgres) -> Program:
    """Return the database: a fast shutdown, and if that takes too long one that is recovered from at the next start."""
    return Program(
        name="postgres",
        command=engine.command,
        options=engine.process_options,
        farewell=((signal.SIGINT, 60), (signal.SIGQUIT, 10)),
        quiet=True,
    )


def redis(engine: Redis) -> Program:
    """Return the message broker and cache, which writes its data out when asked to end."""
    return Program(
        name="redis",
        command=engine.command,
        options=engine.process_options,
        farewell=((signal.SIGTERM, 30),),
        quiet=True,
    )


def manage(name: str, *arguments: str) -> Program:
    """Return a management command that runs to its end."""
    return Program(name=name, command=[sys.executable, str(ROOT / "manage.py"), *arguments], options=_HERE, once=True)


def build() -> Program:
    """Return the build of the front end."""
    return Program(name="build", command=[sys.executable, "-m", "dcai_web.frontend"], options=_HERE, once=True)


def build_on_change() -> Program:
    """Return the build that goes on for as long as sources change."""
    command = [str(_TOOLS / "node"), "build.mjs", "--watch"]
    return Program(name="static", command=command, options={"cwd": str(ROOT / "static")})


def web(*, host: str, port: int, size: Size) -> Program:
    """Return the web server: on SIGTERM it takes no more requests and ends after answering those it has."""
    command = [str(_TOOLS / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += ["--workers", str(size.web_workers), "--blocking-threads", str(size.web_threads)]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "15", "--no-ws"]
    command += ["--backlog", "1024", "--log-level", "warning", "dcai_web.wsgi:application"]
    return Program(name="web", command=command, options=_HERE, farewell=((signal.SIGTERM, 20.0),))


def workers(*, size: Size) -> list[Program]:
    """Return the workers: one for what people wait for, with the clock in it; one for the long work on quality."""
    return [
        _worker("worker", queues="default,imports,media", processes=size.job_workers),
        _worker("quality", queues="quality", processes=1),
    ]


def _worker(name: str, *, queues: str, processes: int) -> Program:
    command = [str(_TOOLS / "celery"), "--quiet", "-A", "dcai_web.celery", "worker", "--hostname", f"{name}@%h"]
    command += ["--queues", queues, "--concurrency", str(processes), "--loglevel", "info"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program(name=name, command=command, options=_HERE, farewell=_WORKER_FAREWELL)
