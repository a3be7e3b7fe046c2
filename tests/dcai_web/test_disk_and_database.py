"""A database that is down and a disk that is full: clear words, nothing half done, and it can be done again."""

from __future__ import annotations

import errno
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from labeling.errors import disk_is_full
from labeling.models import Annotation, AnnotationRevision, Event, JobRun, JobState, Project, Upload, User
from labeling.services import imports, jobs
from tests import factories

SignIn = Callable[[User], Client]
ApiFor = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = b"text\none\ntwo\n"
FULL = "The disk of the server is full"


NOTHING = "(?!)"


class Disk(FileSystemStorage):
    """A disk that may have no room for files of some names: half of such a file gets onto it."""

    no_room_for = NOTHING

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        if name is None or not re.search(Disk.no_room_for, name):
            return super().save(name, content, max_length)
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put files onto a disk of the test's own; returns where."""
    backend = {"BACKEND": f"{__name__}.Disk", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    monkeypatch.setattr(Disk, "no_room_for", NOTHING)
    return tmp_path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def broken() -> Exception:
    """Return what Django raises when PostgreSQL is gone."""
    return OperationalError("server closed the connection unexpectedly: password=hunter2")


def no_room() -> Exception:
    """Return what Django raises when PostgreSQL has no room."""
    error = OperationalError("could not extend file: hunter2")
    error.__cause__ = psycopg.errors.DiskFull("could not extend file: hunter2")
    return error


@contextmanager
def statements_fail(error: Callable[[], Exception], words: str = "") -> Iterator[None]:
    """Let every statement with these words fail."""

    def fail(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if words in sql:
            raise error()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize("path", ["/", "/jobs/", "/login/"])
def test_a_page_without_its_database_is_a_page_that_says_so_and_asks_again(client_for: SignIn, path: str) -> None:
    client = client_for(factories.user())
    with statements_fail(broken):
        reply = client.get(path)
    page = reply.content.decode()
    assert reply.status_code == 503
    assert reply["Retry-After"] == "5"
    assert "The database does not answer." in page
    assert 'data-retry="/readyz"' in page, "the whole page, not the few words that are left when that fails"
    assert "hunter2" not in page
    assert client.get(path).status_code in {200, 302}


def test_a_change_that_the_database_does_not_take_is_not_half_made(api_for: ApiFor) -> None:
    project = factories.project(name="Before")
    address, change = f"/api/projects/{project.slug}/", {"name": "After"}
    before = Event.objects.count()
    with statements_fail(broken, 'INSERT INTO "labeling_event"'):
        assert api_for(project.created_by).patch(address, change, format="json").status_code == 503
    project.refresh_from_db()
    assert (project.name, Event.objects.count()) == ("Before", before)
    assert api_for(project.created_by).patch(address, change, format="json").status_code == 200


@pytest.mark.parametrize(("error", "status"), [(broken, 503), (no_room, 507)])
def test_an_answer_that_cannot_be_saved_is_refused_in_words_and_saved_once_later(
    api_for: ApiFor, error: Callable[[], Exception], status: int
) -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    api = api_for(factories.member(project))
    answer = {"answers": {"intent": "billing"}}
    address, key = f"/api/tasks/{task.pk}/annotations/", {"Idempotency-Key": "one"}
    with statements_fail(error, "labeling_annotation"):
        refused = api.post(address, answer, format="json", headers=key)
    problem = refused.json()
    assert refused.status_code == problem["status"] == status
    assert refused["Content-Type"] == "application/problem+json"
    assert int(refused["Retry-After"]) > 0
    assert "hunter2" not in refused.content.decode()
    assert not Annotation.objects.exists()

    saved = [api.post(address, answer, format="json", headers=key) for _ in range(2)]
    assert [reply.status_code for reply in saved] == [201, 200]
    assert AnnotationRevision.objects.count() == 1


def test_without_its_database_nobody_is_told_that_a_token_is_wrong() -> None:
    api = APIClient(headers={"Authorization": "Bearer dcai_whatever"})
    with statements_fail(broken):
        assert api.get("/api/me/").status_code == 503


def test_a_file_that_the_disk_has_no_room_for_is_refused_in_words_and_leaves_nothing(
    client_for: SignIn, api_for: ApiFor, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.project()
    page, api = reverse("project-imports", args=(project.slug,)), f"/api/projects/{project.slug}/imports/"
    monkeypatch.setattr(Disk, "no_room_for", "")
    by_page = client_for(project.created_by).post(page, {"file": SimpleUploadedFile("two.csv", ROWS)})
    by_api = api_for(project.created_by).post(api, {"file": SimpleUploadedFile("two.csv", ROWS)})
    assert (by_page.status_code, by_api.status_code) == (507, 507)
    assert FULL in by_page.content.decode()
    assert by_api.json()["title"] == FULL
    assert files(disk) == []
    assert not Upload.objects.exists()
    assert not JobRun.objects.exists()

    monkeypatch.setattr(Disk, "no_room_for", NOTHING)
    again = api_for(project.created_by).post(api, {"file": SimpleUploadedFile("two.csv", ROWS)})
    assert again.status_code == 202
    assert project.tasks.count() == 2


def test_a_large_upload_that_fills_the_disk_on_its_way_is_refused_in_words(
    client_for: SignIn, api_for: ApiFor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    project = factories.project()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryFileUploadHandler.receive_data_chunk", fail)
    page, api = reverse("project-imports", args=(project.slug,)), f"/api/projects/{project.slug}/imports/"
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(project.created_by, backend="django.contrib.auth.backends.ModelBackend")
    browser.get(page)
    replies = [
        client_for(project.created_by).post(page, {"file": SimpleUploadedFile("two.csv", ROWS)}),
        browser.post(page, {"file": SimpleUploadedFile("two.csv", ROWS)}),
        api_for(project.created_by).post(api, {"file": SimpleUploadedFile("two.csv", ROWS)}),
    ]
    assert [reply.status_code for reply in replies] == [507, 507, 507]
    assert all(FULL in bytes(getattr(reply, "content", b"")).decode() for reply in replies)


def start_import(project: Project, content: bytes, name: str, mode: str) -> JobRun:
    file = ContentFile(content, name=name)
    job = imports.start(actor=project.created_by, project=project, file=file, options={"mode": mode})
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("mode", list(imports.MODES))
def test_an_import_that_fills_the_database_fails_in_words_and_can_be_run_again(disk: Path, mode: str) -> None:
    project = factories.project()
    with statements_fail(no_room, "nextval"):
        failed = start_import(project, ROWS, "two.csv", mode)
    assert failed.state == JobState.FAILED
    assert FULL in failed.error
    assert not project.tasks.exists()

    upload = Upload.objects.get(pk=failed.params["upload"])
    again = imports.start(actor=project.created_by, project=project, upload=upload, options={"mode": mode})
    again.refresh_from_db()
    assert again.state == JobState.SUCCEEDED
    assert project.tasks.count() == 2
    assert files(disk) == []


@pytest.mark.parametrize("mode", list(imports.MODES))
def test_an_import_of_images_that_fills_the_disk_fails_in_words_and_can_be_run_again(
    disk: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    with monkeypatch.context() as patch:
        patch.setattr(Disk, "no_room_for", "^media/")
        failed = start_import(project, _zip(), "pictures.zip", mode)
    assert failed.state == JobState.FAILED
    assert FULL in failed.error
    assert not project.tasks.exists()

    upload = Upload.objects.get(pk=failed.params["upload"])
    imports.start(actor=project.created_by, project=project, upload=upload, options={"mode": mode})
    assert project.tasks.count() == 2
    assert len(files(disk)) == 2 * 3, "two images in three sizes, and the ZIP is gone"


def test_image_sizes_that_fill_the_disk_are_made_later(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    with monkeypatch.context() as patch:
        patch.setattr(Disk, "no_room_for", "^media/.*/(thumb|screen)$")
        assert start_import(project, _zip(), "pictures.zip", "keep_good").state == JobState.SUCCEEDED
    failed = JobRun.objects.get(kind="labeling.thumbnails")
    assert failed.state == JobState.FAILED
    assert FULL in failed.error
    assert project.tasks.count() == 2
    assert Client().get("/healthz").status_code == 200


def _zip() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for number in range(2):
            picture = io.BytesIO()
            Image.new("L", (40, 30), color=number * 90).save(picture, "PNG")
            archive.writestr(f"{number}.png", picture.getvalue())
    return whole.getvalue()


def test_a_job_that_lost_its_database_starts_again(monkeypatch: pytest.MonkeyPatch, disk: Path) -> None:
    project = factories.project()
    with statements_fail(broken, "nextval"):
        waiting = start_import(project, ROWS, "two.csv", "keep_good")
    assert (waiting.state, waiting.sent_at, waiting.attempt) == (JobState.QUEUED, None, 1)
    assert not project.tasks.exists()

    JobRun.objects.update(created_at="2026-01-01T00:00:00Z")
    jobs.recover_lost_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt) == (JobState.SUCCEEDED, 2)
    assert project.tasks.count() == 2


def test_a_job_that_loses_its_database_every_time_ends_in_words(disk: Path) -> None:
    project = factories.project()
    with statements_fail(broken, "nextval"):
        job = start_import(project, ROWS, "two.csv", "keep_good")
        JobRun.objects.update(created_at="2026-01-01T00:00:00Z")
        for _ in range(jobs.MAX_ATTEMPTS):
            jobs.recover_lost_jobs()
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.FAILED, jobs.MAX_ATTEMPTS)
    assert "The database went away" in job.error


def test_what_a_full_disk_is() -> None:
    assert disk_is_full(OSError(errno.ENOSPC, "No space left on device"))
    assert disk_is_full(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert disk_is_full(no_room())
    assert not disk_is_full(OSError(errno.EACCES, "Permission denied"))
    assert not disk_is_full(broken())
    assert not disk_is_full(None)
