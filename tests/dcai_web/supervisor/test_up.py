"""The whole of `manage.py up`, as a person starts it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 150

pytestmark = pytest.mark.timeout(600)


class Site:
    """A data directory and the runs of `up` on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None
        self.engines: dict[str, str] = {}
        self.log = data_dir.parent / "printed"

    def environment(self) -> dict[str, str]:
        without = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DCAI_TEST_RUN"}
        return {
            **{name: value for name, value in os.environ.items() if name not in without},
            "DCAI_DATA_DIR": str(self.data_dir),
            "DCAI_PORT": str(self.port),
            "DCAI_DEMO": "0",
            "DCAI_WEB_WORKERS": "1",
            "DCAI_JOB_WORKERS": "1",
            **self.engines,
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

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

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

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="dcai-up-"))
    folder.chmod(0o711)
    site = Site(folder / "data")
    yield site
    if site.process is not None and site.process.poll() is None:
        everything = psutil.Process(site.process.pid).children(recursive=True)
        for process in [psutil.Process(site.process.pid), *everything]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        site.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def test_up_survives_everything(site: Site) -> None:
    site.up()
    password = re.search(r"Password {4}(\S+)", site.printed)
    assert password, "the first start prints the password"
    assert site.is_ready()
    assert f"http://127.0.0.1:{site.port}" in site.printed
    assert password[1] not in "".join(path.read_text() for path in (site.data_dir / "logs").iterdir())

    second = site.run("up")
    assert second.returncode != 0
    assert "dcai already runs on" in second.stderr
    assert site.is_ready(), "the refused start disturbed nothing"

    for name, words in {
        "web": ("granian",),
        "worker": ("celery", "default,imports,media"),
        "redis": ("redis-server",),
        "postgres": ("postgres", "-D"),
    }.items():
        site.child(*words).kill()
        site.until_printed(f"{name} ended (killed by SIGKILL): starting it again")
    site.until(site.is_ready)

    # kill -9 of the supervisor itself: the next start finds what it left and takes over.
    assert site.process is not None
    orphans = site.children()
    site.process.kill()
    site.process.wait()
    site.up()
    assert site.is_ready()
    assert "Password" not in site.printed, "the administrator of the first start is still there"
    assert not [orphan for orphan in orphans if orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE]

    everything = psutil.Process(site.process.pid).children(recursive=True)
    assert site.stop() == 0
    assert site.printed.rstrip().endswith("Stopped.")
    _, alive = psutil.wait_procs(everything, timeout=10)
    assert not alive
    stops = re.findall(r"^Stopping (.*) \.\.\.$", site.printed, re.MULTILINE)
    assert stops == ["web, beat", "worker, quality", "redis", "postgres"]


def test_a_taken_port_is_said_so_before_anything_starts(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()
        refused = site.run("up")
    assert refused.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{site.port}" in refused.stderr
    assert "DCAI_PORT" in refused.stderr
    assert not (site.data_dir / "postgres").exists()


def test_given_engines_are_used_and_none_is_started(site: Site) -> None:
    site.engines = {
        "DATABASE_URL": os.environ["DATABASE_URL"],  # the tests' own server; they leave this database of it alone
        "REDIS_URL": os.environ["REDIS_URL"].replace("db=0", "db=5"),
    }
    site.up()
    assert site.is_ready()
    assert not (site.data_dir / "postgres").exists()
    assert not (site.data_dir / "redis").exists()
    assert site.stop() == 0
    assert "postgres" not in site.printed
