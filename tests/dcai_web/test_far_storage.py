"""With `DCAI_STORAGE` files may be anywhere: nothing assumes that they have a path on this machine."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from dcai_web.ops import backups
from labeling.models import JobRun, Media, Task, Upload, User
from labeling.services import deletion, jobs
from quality.selectors import items as item_reads
from tests import factories
from tests.dcai_web.far_storage import AWAY, STORED, EndpointConnectionError
from tests.exporting import exported
from tests.importing import counts, imported
from tests.pictures import picture, zipped

CLASS = "tests.dcai_web.far_storage.FarStorage"


@pytest.fixture(autouse=True)
def far(settings: Any) -> Iterator[dict[str, bytes]]:
    """Store files far away."""
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": CLASS, "OPTIONS": {"bucket_name": "dcai"}}}
    STORED.clear()
    yield STORED
    STORED.clear()
    AWAY.clear()


def test_the_store_is_far() -> None:
    assert not default_storage.exists("x")
    assert default_storage.bucket_name == "dcai"  # type: ignore[attr-defined]
    with pytest.raises(NotImplementedError):
        default_storage.path("x")


@pytest.mark.django_db
def test_images_come_in_are_shown_learned_from_exported_and_deleted(
    far: dict[str, bytes], client_for: Callable[[User], Client]
) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    content = picture(size=(40, 30))
    job = imported(project, zipped({"cat/1.png": content}).getvalue(), "animals.zip")
    assert counts(job) == (1, 0, 0)
    media = Media.objects.get()
    assert content in far.values()
    assert not Upload.objects.exclude(file="").exists()
    client = client_for(project.created_by)
    jobs.perform_job(JobRun.objects.get(kind="labeling.thumbnails").pk)
    for variant, kind in (("original", "image/png"), ("thumb", "image/webp"), ("screen", "image/webp")):
        shown = client.get(f"/media/{project.slug}/{media.sha256}/{variant}")
        assert shown.status_code == 200
        assert shown["Content-Type"] == kind
        assert shown.getvalue()
    task = Task.objects.get()
    (seen,) = item_reads.pictures([task.pk], next(iter(task.data)))
    assert (seen.readable, seen.width, seen.height) == (True, 40, 30)
    with zipfile.ZipFile(io.BytesIO(exported(project, "zip"))) as archive:
        assert content in [archive.read(name) for name in archive.namelist()]
    jobs.perform_job(deletion.start(actor=project.created_by, project=project, name=project.name).pk)
    assert far == {}


@pytest.mark.django_db
@pytest.mark.parametrize("error", [EndpointConnectionError("hunter2"), ConnectionResetError("hunter2")])
def test_while_the_store_is_away_that_is_said_in_words(
    far: dict[str, bytes],
    client_for: Callable[[User], Client],
    api_for: Callable[[User], APIClient],
    error: Exception,
) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    imported(project, zipped({"cat/1.png": picture(size=(40, 30))}).getvalue(), "animals.zip")
    media, client, api = Media.objects.get(), client_for(project.created_by), api_for(project.created_by)
    image, imports = f"/media/{project.slug}/{media.pk}/original", f"/api/projects/{project.slug}/imports/"
    thumbnails = JobRun.objects.get(kind="labeling.thumbnails")
    AWAY.append(error)
    refused: list[Any] = [
        client.get(image),
        client.post(f"/p/{project.slug}/imports/", {"file": SimpleUploadedFile("more.csv", b"image\n")}),
        api.post(imports, {"file": SimpleUploadedFile("more.csv", b"image\n")}),
        client.get(reverse("export-download", args=(project.slug,)) + "?format=zip"),
        api.get(f"/api/projects/{project.slug}/export/?format=zip"),
    ]
    for answer in refused:
        assert answer.status_code == 503, answer.request["PATH_INFO"]
        assert answer.headers["Retry-After"] == "5"
        assert "store of images and files does not answer" in answer.content.decode()
        assert "hunter2" not in answer.content.decode()
    jobs.perform_job(thumbnails.pk)
    thumbnails.refresh_from_db()
    assert "did not answer" in thumbnails.error
    assert Media.objects.get().failed_at is None, "the file is not to blame"

    AWAY.clear()
    assert client.get(image).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_made_from_there_and_restored_to_there(far: dict[str, bytes], tmp_path: Path) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    imported(project, zipped({"cat/1.png": picture(size=(40, 30))}).getvalue(), "animals.zip")
    before = dict(far)
    assert before
    for made in (backups.make_single(tmp_path / "site.tar"), backups.make_into(tmp_path / "kept")):
        assert made.files == len(before)
        assert not made.missing
        far.clear()
        backups.restore(made.path, replace=True)
        assert far == before


def test_the_settings_are_handed_to_it() -> None:
    program = (
        "import django; django.setup(); from django.core.files.storage import default_storage as s;"
        "s.exists('x'); print(type(s._wrapped).__name__, s.bucket_name)"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dcai_web.settings",
        "DCAI_STORAGE": CLASS,
        "DCAI_STORAGE_OPTIONS": '{"bucket_name": "labels"}',
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["FarStorage", "labels"], done.stderr
