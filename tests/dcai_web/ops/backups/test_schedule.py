"""Backups by the clock."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from dcai_web import jobs
from dcai_web.ops import backups
from dcai_web.ops.backups import schedule
from labeling import locks
from labeling.models import Media, MediaLink
from tests import factories
from tests.dcai_web.ops.backups.conftest import add_picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Ask for a backup every 12 hours, of which two are kept."""
    settings.BACKUP_DIR, settings.BACKUP_HOURS, settings.BACKUP_KEEP = str(tmp_path / "kept"), 12, 2
    return tmp_path / "kept"


def test_one_every_so_often_and_the_newest_are_kept(folder: Path) -> None:
    made = []
    for hours in (0, 1, 11.9, 12, 20, 24.5, 37):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            jobs.tend_backups()
            made.append(len(list(folder.glob("dcai-*"))))
    assert made == [1, 1, 1, 2, 2, 2, 2]
    assert sorted(path.name for path in folder.iterdir()) == ["dcai-20260505T123000Z", "dcai-20260506T010000Z"]
    for path in folder.iterdir():
        assert backups.check(path).tables > 40


def tended(*, days: int) -> Path:
    """Let the clock make a backup some days later."""
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        made = schedule.make_due_backup()
    assert made is not None
    return made


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("media/*/*")}


@pytest.mark.usefixtures("site")
def test_a_file_is_kept_once_and_goes_with_the_last_backup_that_names_it(folder: Path) -> None:
    tended(days=0)
    first = contents(folder)
    assert len(first) == 3  # the image, its two small sizes, which are the same here, and the uploaded file
    inodes = {path.stat().st_ino for path in folder.glob("media/*/*")}
    added = add_picture(factories.project(schema=factories.IMAGE_SCHEMA), size=(31, 17))
    newer = tended(days=1)
    assert len(contents(folder)) == 3 + 2
    assert inodes < {path.stat().st_ino for path in folder.glob("media/*/*")}
    MediaLink.objects.exclude(media=added).delete()
    Media.objects.exclude(pk=added.pk).delete()
    tended(days=2)
    assert first < contents(folder)  # the second one names these
    assert backups.check(newer).files == 7
    last = tended(days=3)
    assert len(contents(folder)) == 2 + 1  # the picture that is left, and the uploaded file
    assert backups.check(last).files == 4


@pytest.mark.usefixtures("site")
def test_what_is_kept_is_not_read_again(folder: Path, storage: Path) -> None:
    first = backups.check(tended(days=0))
    for path in list(storage.rglob("*")):
        if path.is_file():
            path.unlink()
    second = tended(days=1)
    assert (backups.check(second).files, backups.check(second).missing) == (first.files, [])
    (upload,) = (path for path in folder.glob("media/*/*") if path.read_bytes() == b"text\nhello\n")
    upload.unlink()
    assert "rows" in json.loads((tended(days=2) / "manifest.json").read_text())["missing"][0]


@pytest.mark.usefixtures("site")
def test_what_a_killed_backup_left_is_removed_and_is_no_backup(folder: Path) -> None:
    whole = tended(days=0)
    shutil.copytree(whole, folder / "dcai-20260504T180000Z.part")
    (folder / "media" / "tmpabc.part").write_text("half a picture")
    (folder / "dcai-20260504T170000Z.tar.gz.part").write_text("of an older version")
    stray = folder / "media" / "aa" / ("a" * 64)
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("of a backup that did not end")
    assert schedule.newest() == NOON
    tended(days=1)
    assert not list(folder.rglob("*.part"))
    assert not stray.exists()
    assert backups.check(whole).files == 4


def test_files_of_others_in_the_folder_stay_and_backups_of_older_versions_go(folder: Path) -> None:
    folder.mkdir()
    (folder / "dcai-before-the-move.tar.gz").write_text("mine")
    (folder / "dcai-20260501T120000Z.tar.gz").write_text("of an older version")
    for days in range(4):
        tended(days=days)
    assert (folder / "dcai-before-the-move.tar.gz").exists()
    assert len(list(folder.iterdir())) == 3


def test_off_without_a_folder_or_without_hours(folder: Path, settings: Settings) -> None:
    settings.BACKUP_HOURS = 0
    assert schedule.make_due_backup() is None
    settings.BACKUP_HOURS, settings.BACKUP_DIR = 12, ""
    assert schedule.make_due_backup() is None
    assert not folder.exists()


def test_two_workers_make_one(folder: Path) -> None:
    key = locks.KEYS[locks.Space.BACKUP]
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({key})")
        assert schedule.make_due_backup() is None
        with pytest.raises(backups.Refused, match="Another backup is being made"):
            backups.make_into(folder)
        cursor.execute(f"SELECT pg_advisory_unlock({key})")
    assert schedule.make_due_backup() is not None
