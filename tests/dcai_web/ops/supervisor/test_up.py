"""The whole of `manage.py up`, as a person starts it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.running import Site, new_site

pytestmark = [pytest.mark.timeout(600), pytest.mark.heavy]


@pytest.fixture
def site() -> Iterator[Site]:
    with new_site() as site:
        yield site


def test_up_survives_everything(site: Site) -> None:
    site.up()
    password = re.search(r"Password {4}(\S+)", site.printed)
    assert password, "the first start prints the password"
    site.until(site.is_ready)
    assert f"http://127.0.0.1:{site.port}" in site.printed
    assert password[1] not in "".join(path.read_text() for path in (site.data_dir / "logs").iterdir())

    second = site.manage("up")
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
    site.until(site.is_ready)
    assert "Password" not in site.printed, "the administrator of the first start is still there"
    assert not [orphan for orphan in orphans if orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE]

    everything = psutil.Process(site.process.pid).children(recursive=True)
    assert site.stop() == 0
    assert site.printed.rstrip().endswith("Stopped.")
    _, alive = psutil.wait_procs(everything, timeout=10)
    assert not alive
    stops = re.findall(r"^Stopping (.*) \.\.\.$", site.printed, re.MULTILINE)
    assert stops == ["web", "worker, quality", "redis", "postgres"]


def test_a_taken_port_is_said_so_before_anything_starts(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()
        refused = site.manage("up")
    assert refused.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{site.port}" in refused.stderr
    assert "DCAI_PORT" in refused.stderr
    assert not (site.data_dir / "postgres").exists()


def test_given_engines_are_used_and_none_is_started(site: Site) -> None:
    site.settings = {
        "DATABASE_URL": os.environ["DATABASE_URL"],  # the tests' own server; they leave this database of it alone
        "REDIS_URL": os.environ["REDIS_URL"].replace("db=0", "db=5"),
    }
    site.up()
    site.until(site.is_ready)
    assert not (site.data_dir / "postgres").exists()
    assert not (site.data_dir / "redis").exists()
    assert site.stop() == 0
    assert "postgres" not in site.printed
