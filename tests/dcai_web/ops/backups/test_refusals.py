"""A backup or a site that is not as it must be: refused, and nothing changed."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from dcai_web.ops import backups
from dcai_web.ops.backups import programs, structure
from dcai_web.ops.backups.files import Files
from labeling.models import Project
from tests.dcai_web.ops.backups.conftest import address_of
from tests.dcai_web.ops.backups.test_older_version import OLD
from tests.dcai_web.ops.backups.test_round_trip import files_of, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
Members = list[tuple[str, bytes]]


@pytest.fixture
def backup(site: Project, tmp_path: Path) -> Path:
    """Make a backup of the site in one file."""
    return backups.make_single(tmp_path / "site.tar").path


@pytest.fixture
def kept(site: Project, tmp_path: Path) -> Path:
    """Make a backup of the site in a folder of backups."""
    return backups.make_into(tmp_path / "kept").path


def refused(file: Path, storage: Path, *, match: str) -> None:
    """Assert that a file is refused even where all may be replaced, and that nothing changed."""
    here = address_of(connection.settings_dict["NAME"])
    before = rows_of(here), files_of(storage)
    with pytest.raises(backups.Refused, match=match):
        backups.restore(file, replace=True)
    assert (rows_of(here), files_of(storage)) == before


def repacked(file: Path, change: Callable[[Members], Any]) -> Path:
    """Write the members anew after a change."""
    with tarfile.open(file) as tar:
        content: Members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(content)
    target = file.with_name("changed.tar")
    with tarfile.open(target, mode="w") as tar:
        for name, raw in content:
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return target


def in_manifest(**values: Any) -> Callable[[Members], None]:
    def change(content: Members) -> None:
        name, raw = content[-1]
        assert name.endswith("/manifest.json")
        content[-1] = (name, json.dumps({**json.loads(raw), **values}).encode())

    return change


def migrations_in(file: Path) -> list[list[str]]:
    found: list[list[str]] = []
    repacked(file, lambda content: found.extend(json.loads(content[-1][1])["migrations"]))
    return found


def test_a_flipped_byte(backup: Path, storage: Path) -> None:
    content = backup.read_bytes()
    with tarfile.open(backup) as tar:
        places = [member.offset_data + member.size // 2 for member in tar]
    for at in places:
        backup.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        refused(backup, storage, match="damaged|no whole backup")


def test_a_truncated_file(backup: Path, storage: Path) -> None:
    content = backup.read_bytes()
    with tarfile.open(backup) as tar:
        last = list(tar)[-1].offset_data
    for end in (0, len(content) // 3, len(content) * 2 // 3, last):
        backup.write_bytes(content[:end])
        refused(backup, storage, match="no whole backup")


def test_a_member_that_was_changed_lost_or_added(backup: Path, storage: Path) -> None:
    def change(content: Members) -> None:
        at = next(at for at, (name, _) in enumerate(content) if name.endswith("/rows.dump"))
        content[at] = (content[at][0], content[at][1] + b"x")

    refused(repacked(backup, change), storage, match=r"rows\.dump in the backup is damaged")
    refused(repacked(backup, lambda content: content.pop(1)), storage, match="damaged, missing or not part")
    refused(repacked(backup, lambda content: content.pop()), storage, match="no whole backup")
    for extra in ("files/media/../../../escape", f"media/aa/{'a' * 64}"):
        changed = repacked(backup, lambda content, name=extra: content.insert(1, (name, b"x")))  # type: ignore[misc]
        refused(changed, storage, match="damaged, missing or not part")


def test_a_damaged_or_lost_part_of_a_folder(kept: Path, storage: Path) -> None:
    parts = [*kept.iterdir(), *kept.parent.glob("media/*/*")]
    assert len(parts) == 3 + 3  # the small sizes of a small image are the same
    for part in parts:
        content = part.read_bytes()
        part.write_bytes(content[:-1] + bytes([content[-1] ^ 0xFF]))
        refused(kept, storage, match="damaged|no whole backup")
        part.unlink()
        refused(kept, storage, match="missing|no backup")
        part.write_bytes(content)
    assert backups.check(kept).files == 4


def test_the_check_finds_it_and_changes_nothing(kept: Path, storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(storage)
    Project.objects.update(name="Changed since")
    call_command("restore", str(kept), check=True)
    assert capsys.readouterr().out.startswith("Whole: what version")
    next(kept.parent.glob("media/*/*")).write_bytes(b"damaged")
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", str(kept), check=True)
    assert Project.objects.filter(name="Changed since").exists()
    assert files_of(storage) == before


def test_not_a_backup_at_all(kept: Path, storage: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", storage, match="no whole backup")
    refused(kept.parent, storage, match=f"Name one of the backups in it, such as {kept}")
    refused(tmp_path, storage, match=r"is no backup\.$")


def test_a_backup_of_a_newer_or_of_another_version(backup: Path, storage: Path) -> None:
    migrations = migrations_in(backup)
    newer = in_manifest(migrations=[*migrations, ["labeling", "9999_future"]], version="9.9")
    refused(repacked(backup, newer), storage, match=r"version 9\.9.*labeling\.9999_future")
    gap = in_manifest(migrations=[step for step in migrations if step[1] != "0004_reviews"])
    refused(repacked(backup, gap), storage, match=r"not labeling\.0004_reviews, which comes before")
    refused(repacked(backup, in_manifest(format=3)), storage, match="of format 3")
    refused(repacked(backup, in_manifest(postgres=99)), storage, match="from PostgreSQL 99")
    packed = backup.with_name("packed.tar.gz")
    packed.write_bytes(gzip.compress(backup.read_bytes()))
    refused(packed, storage, match=r"unpack it \(gunzip\) first")


def test_a_database_that_is_behind_is_to_be_migrated_first(
    backup: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = structure.known()
    monkeypatch.setattr(structure, "known", lambda: [*known, ("labeling", "9999_future")])
    refused(backup, storage, match=r"run `manage\.py migrate` first")


@pytest.mark.parametrize("older", [False, True], ids=["of this version", "of an older version"])
def test_a_failure_in_the_middle_leaves_rows_and_files(
    older: bool, backup: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.objects.update(name="Changed since")
    thumb, screen = next(storage.glob("media/*/*/thumb")), next(storage.glob("media/*/*/screen"))
    thumb.unlink()
    screen.write_bytes(b"changed since")
    put, done = Files.put, []

    def fail_at_last(self: Files, *what: Any) -> None:
        put(self, *what)
        assert not Project.objects.filter(name="Changed since").exists()
        done.append(what)
        if len(done) == 3:
            raise backups.Refused("as if the disk were full")

    monkeypatch.setattr(Files, "put", fail_at_last)
    refused(OLD if older else backup, storage, match="as if the disk were full")
    assert Project.objects.filter(name="Changed since").exists()


def test_an_upgrade_that_fails_leaves_rows_and_files(
    site: Project, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise backups.Refused("as if a migration failed")

    monkeypatch.setattr(structure, "migrate_on", fail)
    refused(OLD, storage, match="as if a migration failed")
    assert Project.objects.filter(pk=site.pk, name=site.name).exists()


def test_a_site_that_holds_something(backup: Path, storage: Path) -> None:
    here = address_of(connection.settings_dict["NAME"])
    before = rows_of(here)
    with pytest.raises(CommandError, match="has people or projects already"):
        call_command("restore", str(backup))
    assert rows_of(here) == before


def test_a_file_that_exists_is_not_overwritten(backup: Path) -> None:
    content = backup.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(backup))
    assert backup.read_bytes() == content
    assert [path.name for path in backup.parent.iterdir() if path.suffix == ".part"] == []


def test_without_a_place_it_asks_for_one() -> None:
    with pytest.raises(CommandError, match="DCAI_BACKUP_DIR"):
        call_command("backup")


def test_without_a_pg_dump_that_fits_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "pg_dump"
    other.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24 (Debian)'\n")
    other.chmod(0o755)
    monkeypatch.setattr(programs, "PACKAGE", "not_installed_here")
    monkeypatch.setattr(programs, "INSTALLED", str(tmp_path / "{major}"))
    monkeypatch.setenv("PATH", str(tmp_path))
    major = programs.server_major()
    words = f"pg_dump of PostgreSQL {major}.* is of version 9.*postgresql-client-{major}"
    with pytest.raises(CommandError, match=words):
        call_command("backup", into=tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []
