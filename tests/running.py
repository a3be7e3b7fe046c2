"""The whole product as a person starts it, `manage.py up`, on a data directory of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 150
OTHERS = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DCAI_TEST_RUN"}
"""What a test run sets for itself, and a product of its own must not see."""


class Site:
    """A data directory and the runs of `up` on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None
        self.settings: dict[str, str] = {}
        self.log = data_dir.parent / "printed"

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if name not in OTHERS},
            "DCAI_DATA_DIR": str(self.data_dir),
            "DCAI_PORT": str(self.port),
            "DCAI_DEMO": "0",
            "DCAI_WEB_WORKERS": "1",
            "DCAI_JOB_WORKERS": "1",
            **self.settings,
        }

    def up(self) -> None:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.until_printed("dcai is ready")

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment(), **(settings or {})},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *arguments)

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process is not None
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < end, self.printed
            time.sleep(0.2)

    def until_printed(self, text: str) -> None:
        self.until(lambda: text in self.printed)

    @property
    def engines(self) -> dict[str, str]:
        """The addresses of its own database and Redis, by the names of their settings."""
        found: dict[str, str] = json.loads((self.data_dir / "run" / "engines.json").read_text(encoding="utf-8"))
        return found

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False

    def children(self) -> list[psutil.Process]:
        assert self.process is not None
        return list(psutil.Process(self.process.pid).children())

    def child(self, *words: str) -> psutil.Process:
        return next(child for child in self.children() if all(word in " ".join(child.cmdline()) for word in words))

    def everything(self) -> list[psutil.Process]:
        """Return the supervisor and all that descends from it."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def kill(self) -> None:
        """End the supervisor and all that descends from it at once."""
        assert self.process is not None
        for process in self.everything():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@contextlib.contextmanager
def new_site(prefix: str = "dcai-up-", *, keep: bool = False) -> Iterator[Site]:
    """Give a site that has not been started yet; nothing of it is left behind, unless its folder is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    site = Site(folder / "data")
    try:
        yield site
    finally:
        if site.process is not None and site.process.poll() is None:
            site.kill()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
