"""Large uploads arrive on the disk they will stay on, whatever happened to the folder meanwhile."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as the_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from dcai_web import uploads
from labeling.models import Upload, User
from tests import factories


def test_the_folder_is_in_the_data_directory_and_there() -> None:
    folder = Path(str(the_settings.FILE_UPLOAD_TEMP_DIR))
    assert folder.parent == the_settings.DATA_DIR
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0


def test_what_killed_servers_left_is_deleted_after_a_day(settings: Settings, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    old, fresh, other = tmp_path / "tmpabc.upload.csv", tmp_path / "tmpdef.upload.csv", tmp_path / "keep"
    for path in (old, fresh, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    assert uploads.forget_left_behind() == 1
    assert sorted(tmp_path.iterdir()) == [other, fresh]
    settings.FILE_UPLOAD_TEMP_DIR = None
    assert uploads.forget_left_behind() == 0


@pytest.mark.django_db
def test_a_folder_that_was_tidied_away_is_made_again(
    client_for: Callable[[User], Client], settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "data" / "tmp")
    project = factories.project()
    client = client_for(project.created_by)
    for round_ in range(2):
        content = b"text\n" + b"a line of some length\n" * 200_000  # more than is kept in memory
        sent = SimpleUploadedFile(f"{round_}.csv", content, content_type="text/csv")
        reply = client.post(f"/p/{project.slug}/imports/", {"file": sent})
        assert reply.status_code == 302, reply.content[:500]
        assert list((tmp_path / "data" / "tmp").iterdir()) == []
        shutil.rmtree(tmp_path / "data")
    assert Upload.objects.filter(project=project).count() == 2
