from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
import redis as client

from dcai_web.ops.engines import place
from dcai_web.ops.engines.redis import Redis

Start = Callable[[Redis], "Popen[bytes]"]


@pytest.fixture
def server(folder: Path) -> Redis:
    return Redis(home=folder / "redis", program=place.redis_program())


def test_an_accepted_job_survives_kill_9(server: Redis, start: Start) -> None:
    process = start(server)
    client.Redis.from_url(server.url).lpush("queue", "job")

    process.kill()
    process.wait()
    start(server)

    assert client.Redis.from_url(server.url).lrange("queue", 0, -1) == [b"job"]


def test_a_server_that_a_killed_start_left_running_is_stopped_first(server: Redis, start: Start) -> None:
    orphan = start(server)
    client.Redis.from_url(server.url).set("kept", "yes")

    start(server)

    assert orphan.wait(timeout=10) == 0
    assert client.Redis.from_url(server.url).get("kept") == b"yes"


def test_it_listens_on_no_port_and_nobody_else_may_enter_its_folder(server: Redis, start: Start) -> None:
    start(server)
    assert client.Redis.from_url(server.url).config_get("port") == {"port": "0"}
    assert server.home.stat().st_mode & 0o777 == 0o700
