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
    assert client.Redis.from_url(server.url).info("server")["tcp_port"] == 0
    assert server.socket.stat().st_mode & 0o777 == 0o700
    assert server.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "command",
    ["CONFIG SET dir /tmp", "MODULE LOAD /tmp/x.so", "REPLICAOF 10.0.0.1 6379", "DEBUG SEGFAULT", "PFADD a b"],
)
def test_what_nobody_needs_is_switched_off(server: Redis, start: Start, command: str) -> None:
    start(server)
    with pytest.raises(client.ResponseError, match="unknown command"):
        client.Redis.from_url(server.url).execute_command(*command.split())  # type: ignore[no-untyped-call]


def test_what_celery_and_the_cache_need_works(server: Redis, start: Start) -> None:
    start(server)
    redis = client.Redis.from_url(server.url)
    with redis.lock("unacked_mutex", timeout=5):
        assert redis.get("unacked_mutex")
    assert redis.register_script("return redis.call('PING')")() == b"PONG"
    redis.set("kept", 1, ex=5)
    assert redis.flushdb()
