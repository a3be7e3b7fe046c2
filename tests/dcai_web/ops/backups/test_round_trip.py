"""What is in a backup comes back as it was, into an empty place."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from dcai_web.ops import backups
from dcai_web.ops.backups import making, tables
from labeling.models import AnnotationRevision, Project, Task
from tests import factories
from tests.dcai_web.ops.backups.conftest import NASTY, add_picture, address_of
from tests.engines import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def rows_of(address: str) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    with psycopg.connect(address) as reader:
        names = [
            name
            for (name,) in reader.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            if name not in tables.WITHOUT_ROWS and name != tables.MIGRATIONS
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


@pytest.mark.usefixtures("site")
def test_every_row_and_every_file_comes_back(storage: Path, other_database: str, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    call_command("backup", str(tmp_path / "site.tar.gz"))
    assert (tmp_path / "site.tar.gz").stat().st_mode & 0o077 == 0
    data = tmp_path / "elsewhere"
    done = run("restore", str(tmp_path / "site.tar.gz"), database=other_database, data=data)
    assert done.returncode == 0, done.stderr
    before, after = rows_of(here), rows_of(other_database)
    assert sum(map(len, before.values())) > 50
    assert after == before
    assert files_of(data / "files") == files_of(storage)
    assert len(files_of(storage)) == 4  # an image in three sizes, an uploaded file
    assert f"{sum(map(len, before.values())):,} rows" in done.stdout
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
    again = run("restore", str(tmp_path / "site.tar.gz"), database=other_database, data=data)
    assert again.returncode == 1
    assert "has people or projects already" in again.stderr
    assert rows_of(other_database) == before


def test_replace_makes_it_what_it_was(site: Project, storage: Path, tmp_path: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    backups.make(tmp_path / "site.tar.gz")
    rows, files = rows_of(here), files_of(storage)
    later = factories.project(schema=factories.IMAGE_SCHEMA)
    added = add_picture(later, size=(31, 17))
    damaged = next(storage.glob("media/*/*/thumb"))
    damaged.write_bytes(b"not what it was")
    assert any(added.sha256 in name for name in files_of(storage))
    done = backups.restore(tmp_path / "site.tar.gz", replace=True)
    assert rows_of(here) == rows
    assert files_of(storage) == files
    assert done.missing == []
    assert done.files == len(files)
    assert Task.objects.filter(project=site, data={"text": NASTY}).exists()


def test_a_backup_shows_one_instant(
    site: Project, other_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = address_of(connection.settings_dict["NAME"])
    rows = rows_of(here)
    write_table = making._write_table
    meanwhile: list[str] = []

    def busy(writer: backups.archive.Writer, table: tables.Table) -> int:
        with closing(connection.copy()) as other, other.cursor() as cursor:  # as a web process would
            cursor.execute("UPDATE labeling_user SET name = %s", [f"Renamed while {table.name} was read"])
            cursor.execute("DELETE FROM labeling_comment")
        meanwhile.append(table.name)
        return write_table(writer, table)

    monkeypatch.setattr(making, "_write_table", busy)
    backups.make(tmp_path / "site.tar.gz")
    assert "labeling_user" in meanwhile
    done = run("restore", str(tmp_path / "site.tar.gz"), database=other_database, data=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert rows_of(other_database) == rows
    assert rows_of(here) != rows


@pytest.mark.usefixtures("site")
def test_rows_are_written_in_parts(storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PART_BYTES", 50)
    backups.make(tmp_path / "site.tar.gz")
    with gzip.open(tmp_path / "site.tar.gz") as packed, tarfile.open(fileobj=packed) as tar:
        names = tar.getnames()
    assert len([name for name in names if name.startswith("database/labeling_annotationrevision/")]) > 1
    assert names[-2:] == ["SHA256SUMS", "manifest.json"]
    assert not any("django_session" in name for name in names)
    revisions = AnnotationRevision.objects.count()
    backups.restore(tmp_path / "site.tar.gz", replace=True)
    assert AnnotationRevision.objects.count() == revisions


@pytest.mark.usefixtures("site")
def test_a_missing_file_is_told_and_does_not_stop_it(storage: Path, tmp_path: Path) -> None:
    lost = next(storage.glob("media/*/*/screen"))
    lost.unlink()
    made = backups.make(tmp_path / "site.tar.gz")
    assert made.missing == [str(lost.relative_to(storage))]
    assert backups.restore(tmp_path / "site.tar.gz", replace=True).missing == made.missing
