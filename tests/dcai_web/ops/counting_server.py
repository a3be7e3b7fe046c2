"""A server with two processes, one of which is killed and replaced; prints what a third one says was counted."""

from __future__ import annotations

import subprocess
import sys
from typing import IO

import django

from dcai_web.ops import metrics

END = "end\n"


def serve() -> None:
    """Start processes, let them count four requests together, and ask one that counted one of them."""
    killed, asked = _start(), _start()
    for worker in (killed, killed, asked):
        _tell(worker, "count\n")
    killed.kill()
    killed.wait()
    replaced = _start()
    _tell(replaced, "count\n")
    sys.stdout.write(_tell(asked, "page\n"))
    for worker in (asked, replaced):
        worker.communicate()


def work() -> None:
    """Do as told, line by line."""
    django.setup()
    metrics.share_between_processes()
    for line in sys.stdin:
        if line == "page\n":
            from dcai_web.ops.metrics import requests  # noqa: PLC0415 - after its folder is known

            sys.stdout.write(requests.page().decode())
        else:
            metrics.count(method="GET", route="/shared", status=200, seconds=0.1)
        sys.stdout.write(END)
        sys.stdout.flush()


def _start() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", __spec__.name, "worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _tell(worker: subprocess.Popen[str], line: str) -> str:
    told: IO[str] | None = worker.stdin
    answer = worker.stdout
    assert told is not None
    assert answer is not None
    told.write(line)
    told.flush()
    return "".join(iter(answer.readline, END))


if __name__ == "__main__":
    work() if "worker" in sys.argv else serve()
