"""Backups by the clock."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from dcai_web import jobs
from dcai_web.ops.backups import archive, schedule
from labeling import locks

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
            made.append(len(list(folder.iterdir())))
    assert made == [1, 1, 1, 2, 2, 2, 2]
    assert sorted(path.name for path in folder.iterdir()) == [
        "dcai-20260505T123000Z.tar.gz",
        "dcai-20260506T010000Z.tar.gz",
    ]
    for path in folder.iterdir():
        with path.open("rb") as file:
            assert archive.verify(file).rows > 0


def test_files_of_others_in_the_folder_stay(folder: Path) -> None:
    folder.mkdir()
    (folder / "dcai-before-the-move.tar.gz").write_text("mine")
    for days in range(4):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            assert schedule.tend() is not None
    assert (folder / "dcai-before-the-move.tar.gz").exists()
    assert len(list(folder.iterdir())) == 3


def test_off_without_a_folder_or_without_hours(folder: Path, settings: Settings) -> None:
    settings.BACKUP_HOURS = 0
    assert schedule.tend() is None
    settings.BACKUP_HOURS, settings.BACKUP_DIR = 12, ""
    assert schedule.tend() is None
    assert not folder.exists()


def test_two_workers_make_one(folder: Path) -> None:
    key = locks.KEYS[locks.Space.BACKUP]
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({key})")
        assert schedule.tend() is None
        cursor.execute(f"SELECT pg_advisory_unlock({key})")
    assert schedule.tend() is not None
