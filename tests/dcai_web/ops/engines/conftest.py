from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcai_web.ops.engines.postgres import Postgres
from dcai_web.ops.engines.redis import Redis

Engine = Postgres | Redis
Start = Callable[[Engine], "subprocess.Popen[bytes]"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path that other accounts may pass through."""
    made = Path(tempfile.mkdtemp(prefix="dcai-engine-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts an engine and waits for it; what it started is ended with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(engine: Engine) -> subprocess.Popen[bytes]:
        engine.prepare()
        process = subprocess.Popen(
            engine.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **engine.process_options
        )
        running.append(process)
        until = time.monotonic() + 60
        while not engine.is_ready():
            assert process.poll() is None, f"ended with exit code {process.returncode}"
            assert time.monotonic() < until
            time.sleep(0.05)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
