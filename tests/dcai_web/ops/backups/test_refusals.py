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
from dcai_web.ops.backups import restoring
from labeling.models import Project
from tests.dcai_web.ops.backups.conftest import address_of
from tests.dcai_web.ops.backups.test_round_trip import files_of, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
Members = list[tuple[str, bytes]]


@pytest.fixture
def backup(site: Project, tmp_path: Path) -> Path:
    """Make a backup of the site."""
    backups.make(tmp_path / "site.tar.gz")
    return tmp_path / "site.tar.gz"


def refused(file: Path, storage: Path, *, match: str) -> None:
    """Assert that a file is refused even where all may be replaced, and that nothing changed."""
    here = address_of(connection.settings_dict["NAME"])
    before = rows_of(here), files_of(storage)
    with pytest.raises(backups.Refused, match=match):
        backups.restore(file, replace=True)
    assert (rows_of(here), files_of(storage)) == before


def repacked(file: Path, change: Callable[[Members], Any]) -> Path:
    """Write the members anew after a change: all checksums of the container are right."""
    with gzip.open(file) as packed, tarfile.open(fileobj=packed) as tar:
        content: Members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(content)
    target = file.with_name("changed.tar.gz")
    with gzip.open(target, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for name, raw in content:
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return target


def in_manifest(**values: Any) -> Callable[[Members], None]:
    def change(content: Members) -> None:
        name, raw = content[-1]
        content[-1] = (name, json.dumps({**json.loads(raw), **values}).encode())

    return change


def test_a_flipped_byte(backup: Path, storage: Path) -> None:
    content = backup.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        at = int(len(content) * share)
        backup.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        refused(backup, storage, match="damaged|no whole backup|not a plain file")


def test_a_truncated_file(backup: Path, storage: Path) -> None:
    content = backup.read_bytes()
    for share in (0.0, 0.3, 0.7, 0.999):
        backup.write_bytes(content[: int(len(content) * share)])
        refused(backup, storage, match="no whole backup")


def test_a_member_that_was_changed_lost_or_added(backup: Path, storage: Path) -> None:
    def change(content: Members) -> None:
        at = next(at for at, (name, _) in enumerate(content) if name.startswith("database/labeling_user/"))
        content[at] = (content[at][0], content[at][1].replace(b"manager@example.org", b"burglar@example.org"))

    refused(repacked(backup, change), storage, match=r"labeling_user/000000\.copy in the backup is damaged")
    refused(repacked(backup, lambda content: content.pop(3)), storage, match="damaged, missing or not part")
    extra = ("files/media/../../../escape", b"x")
    refused(repacked(backup, lambda content: content.insert(3, extra)), storage, match="damaged, missing or not part")


def test_not_a_backup_at_all(site: Project, storage: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    refused(tmp_path / "notes.txt", storage, match="no whole backup")


def test_a_backup_of_another_state_of_the_product(backup: Path, storage: Path) -> None:
    with gzip.open(backup) as packed, tarfile.open(fileobj=packed) as tar:
        migrations = json.loads(tar.extractfile("manifest.json").read())["migrations"]  # type: ignore[union-attr]
    newer = in_manifest(migrations=[*migrations, ["labeling", "9999_future"]], version="9.9")
    refused(repacked(backup, newer), storage, match=r"version 9\.9.*labeling\.9999_future")
    older = in_manifest(migrations=migrations[:-1])
    refused(repacked(backup, older), storage, match="restore it with that version, then upgrade")
    refused(repacked(backup, in_manifest(format=2)), storage, match="format 2")


def test_a_failure_in_the_middle_leaves_rows_and_files(
    backup: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.objects.update(name="Changed since")
    thumb, screen = next(storage.glob("media/*/*/thumb")), next(storage.glob("media/*/*/screen"))
    thumb.unlink()
    screen.write_bytes(b"changed since")

    def fail(manifest: Any) -> None:
        assert thumb.exists()
        assert screen.read_bytes() != b"changed since"
        assert not Project.objects.filter(name="Changed since").exists()
        raise backups.Refused("as if a row were missing")

    monkeypatch.setattr(restoring, "_check_counts", fail)
    refused(backup, storage, match="as if a row were missing")
    assert Project.objects.filter(name="Changed since").exists()


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
