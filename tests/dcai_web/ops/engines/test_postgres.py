from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest

from dcai_web.ops.engines import place
from dcai_web.ops.engines.account import for_postgres
from dcai_web.ops.engines.postgres import Postgres

Start = Callable[[Postgres], "Popen[bytes]"]


@pytest.fixture
def server(folder: Path) -> Postgres:
    account = for_postgres()
    return Postgres(
        home=place.postgres_home(folder, account), programs=place.postgres_programs(account), account=account
    )


def test_what_was_committed_survives_kill_9(server: Postgres, start: Start) -> None:
    process = start(server)
    server.ensure_database()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('safe')")

    process.kill()
    process.wait()
    _wait_until_backends_are_gone(server)
    start(server)

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("safe",)]


def test_commits_are_durable(server: Postgres, start: Start) -> None:
    start(server)
    with psycopg.connect(server.url_of("postgres")) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",), name


def test_a_pid_file_whose_pid_is_somebody_elses_is_removed(server: Postgres, start: Start) -> None:
    process = start(server)
    pid_file = server.data / "postmaster.pid"
    left_behind = pid_file.read_text()
    process.kill()
    process.wait()
    _wait_until_backends_are_gone(server)
    # After a reboot the old pid belongs to another program; here to this test.
    pid_file.write_text(left_behind.replace(str(process.pid), str(os.getpid()), 1))

    start(server)

    assert server.is_ready()


def test_a_server_that_a_killed_start_left_running_is_stopped_first(server: Postgres, start: Start) -> None:
    orphan = start(server)

    start(server)

    assert orphan.wait(timeout=10) == 0, "stopped by a fast shutdown, not killed"
    assert server.is_ready()


def test_a_set_up_that_was_killed_half_way_is_begun_again(server: Postgres, start: Start) -> None:
    draft = server.home / "data.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    start(server)

    assert server.is_ready()


def test_nobody_else_may_enter_the_folder_of_the_socket(server: Postgres, start: Start) -> None:
    start(server)
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    assert server.data.stat().st_mode & 0o077 == 0
    with psycopg.connect(server.url_of("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def _wait_until_backends_are_gone(server: Postgres) -> None:
    until = time.monotonic() + 10
    while server.is_ready() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.5)
