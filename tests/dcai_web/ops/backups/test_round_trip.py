"""What is in a backup comes back as it was, into an empty place."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import Storage
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from dcai_web.ops import backups
from dcai_web.ops.backups import rows as dumps
from dcai_web.ops.backups import tables
from labeling.models import Project, Task
from tests import factories
from tests.dcai_web.ops.backups.conftest import NASTY, add_picture, address_of
from tests.engines import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[[Path], backups.Made]
WAYS = pytest.mark.parametrize(
    "make",
    [lambda folder: backups.make_single(folder / "site.tar"), lambda folder: backups.make_into(folder / "kept")],
    ids=["one file", "a folder of backups"],
)


def rows_of(address: str) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    with psycopg.connect(address) as reader:
        names = [
            name
            for (name,) in reader.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            if name not in tables.WITHOUT_ROWS and name != "django_migrations"
        ]
        query = "SELECT t::text FROM {} t ORDER BY 1"
        return {name: [row for (row,) in reader.execute(sql.SQL(query).format(sql.Identifier(name)))] for name in names}


def files_of(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def run(command: str, *arguments: str, database: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the product on another database and another data directory."""
    environment = {**os.environ, "DATABASE_URL": database, "DCAI_DATA_DIR": str(data)}
    environment["DJANGO_SETTINGS_MODULE"] = "dcai_web.settings"
    program = [sys.executable, "manage.py", command, *arguments]
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=110)


@WAYS
@pytest.mark.usefixtures("site")
def test_every_row_and_every_file_comes_back(make: Make, storage: Path, other_database: str, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    backup = make(tmp_path).path
    for path in (backup, *backup.parent.rglob("*/*")) if backup.is_dir() else (backup,):
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    data = tmp_path / "elsewhere"
    done = run("restore", str(backup), database=other_database, data=data)
    assert done.returncode == 0, done.stderr
    before, after = rows_of(here), rows_of(other_database)
    assert sum(map(len, before.values())) > 50
    assert after == before
    assert files_of(data / "files") == files_of(storage)
    assert len(files_of(storage)) == 4  # an image in three sizes, an uploaded file
    assert "4 files" in done.stdout

    # Ids go on where they were, and what must never change still cannot.
    with psycopg.connect(other_database) as writer:
        newest = writer.execute("SELECT max(id) FROM labeling_task").fetchone()
        assert newest is not None
        created = writer.execute(
            "INSERT INTO labeling_task (project_id, content_hash, data, meta, split, created_at) "
            "SELECT project_id, content_hash, data, meta, split, created_at FROM labeling_task LIMIT 1 RETURNING id"
        ).fetchone()
        assert created is not None
        assert created[0] > newest[0]
        with pytest.raises(psycopg.errors.RestrictViolation):
            writer.execute("UPDATE labeling_event SET verb = 'other'")

    # A second time it is no longer empty.
    again = run("restore", str(backup), database=other_database, data=data)
    assert again.returncode == 1
    assert "has people or projects already" in again.stderr
    assert rows_of(other_database) == before


@WAYS
def test_replace_makes_it_what_it_was(make: Make, site: Project, storage: Path, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    backup = make(tmp_path).path
    rows, files = rows_of(here), files_of(storage)
    structure = structure_of(here)
    later = factories.project(schema=factories.IMAGE_SCHEMA)
    added = add_picture(later, size=(31, 17))
    damaged = next(storage.glob("media/*/*/thumb"))
    damaged.write_bytes(b"not what it was")
    assert any(added.sha256 in name for name in files_of(storage))
    done = backups.restore(backup, replace=True)
    assert rows_of(here) == rows
    assert structure_of(here) == structure
    assert files_of(storage) == files
    assert done.missing == []
    assert done.files == len(files)
    assert Task.objects.filter(project=site, data={"text": NASTY}).exists()


def structure_of(address: str) -> list[tuple[object, ...]]:
    """Return columns, indexes, constraints and triggers of all tables; how casts are written out may differ."""
    with psycopg.connect(address) as reader:
        found = reader.execute(
            "SELECT 'column', table_name::text, column_name::text, data_type::text || is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)"
            " FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2, 3"
        ).fetchall()
    return [(*names, re.sub(r"::(character varying|text)|\[\]|[()]", "", words)) for *names, words in found]


@WAYS
@pytest.mark.usefixtures("site")
def test_a_backup_shows_one_instant(make: Make, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = address_of(connection.settings_dict["NAME"])
    rows = rows_of(here)
    dump_rows = dumps.dump_rows

    def busy(target: Path, *, snapshot: str) -> None:
        with closing(connection.copy()) as other, other.cursor() as cursor:  # as a web process would
            cursor.execute("UPDATE labeling_user SET name = 'Renamed while the rows were read'")
            cursor.execute("DELETE FROM labeling_apitoken")
        dump_rows(target, snapshot=snapshot)

    monkeypatch.setattr(dumps, "dump_rows", busy)
    backup = make(tmp_path).path
    assert rows_of(here) != rows
    backups.restore(backup, replace=True)
    assert rows_of(here) == rows


@pytest.mark.usefixtures("site")
def test_nobody_waits_for_the_files_in_a_transaction(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, within = Storage.open, []

    def watched(self: Storage, path: str) -> object:
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL"
            )
            within.append(cursor.fetchone()[0])
        return opened(self, path)

    monkeypatch.setattr(Storage, "open", watched)
    backups.make_into(tmp_path / "kept")
    assert within == [0, 0, 0, 0]


@WAYS
@pytest.mark.usefixtures("site")
def test_a_missing_file_is_told_and_does_not_stop_it(make: Make, storage: Path, tmp_path: Path) -> None:
    lost = next(storage.glob("media/*/*/screen"))
    lost.unlink()
    made = make(tmp_path)
    assert made.missing == [str(lost.relative_to(storage))]
    assert backups.restore(made.path, replace=True).missing == made.missing


@pytest.mark.usefixtures("site")
def test_who_is_signed_in_is_not_in_it(storage: Path, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('key', 'data', now() + interval '1 day')")
    backups.restore(backups.make_into(tmp_path / "kept").path, replace=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_one_file_unpacks_into_a_folder_of_backups(site: Project, storage: Path, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    rows, files = rows_of(here), files_of(storage)
    call_command("backup", str(tmp_path / "site.tar"))
    with tarfile.open(tmp_path / "site.tar") as tar:
        tar.extractall(tmp_path / "kept", filter="data")
    (backup,) = (tmp_path / "kept").glob("dcai-*")
    backups.restore(backup, replace=True)
    assert (rows_of(here), files_of(storage)) == (rows, files)


def test_what_a_killed_backup_to_one_file_left_is_removed_by_the_next(
    site: Project, storage: Path, tmp_path: Path
) -> None:
    left, written, foreign = (tmp_path / name for name in ("a.tar.gz.dcai.part", "b.tar.gz.dcai.part", "film.part"))
    for path in (left, written, foreign):
        path.write_bytes(b"half")
    with written.open("rb") as by_another:
        fcntl.flock(by_another, fcntl.LOCK_EX)
        backups.make_single(tmp_path / "c.tar.gz")
        assert sorted(path.name for path in tmp_path.glob("*.part")) == [written.name, foreign.name]
    backups.make_single(tmp_path / "d.tar.gz")
    assert [path.name for path in tmp_path.glob("*.part")] == [foreign.name]


def test_the_standard_output_can_be_the_file(site: Project, storage: Path, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    with (tmp_path / "site.tar").open("wb") as out:
        environment = {**os.environ, "DATABASE_URL": here, "DCAI_DATA_DIR": str(storage.parent)}
        environment["DJANGO_SETTINGS_MODULE"] = "dcai_web.settings"
        program = [sys.executable, "manage.py", "backup", "-"]
        subprocess.run(program, cwd=ROOT, env=environment, stdout=out, check=True, timeout=110)
    assert backups.check(tmp_path / "site.tar").files == 4
