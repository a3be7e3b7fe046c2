"""Images: for members only, cached for ever, in three sizes: the smaller ones once a worker has made them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from labeling.formats import images
from labeling.models import JobRun, JobState, Media, Project, Role, User
from labeling.services import jobs, media, tokens
from tests import factories
from tests.pictures import picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
ClientFor = Callable[[User], Client]


@pytest.fixture
def stored() -> tuple[Project, bytes, str]:
    """Store one large JPEG in a project."""
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    content = picture("JPEG", size=(2000, 1000))
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    return project, content, info.sha256


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def make_sizes(project: Project) -> JobRun:
    media.start_thumbnails(actor=None, project=project)
    job = JobRun.objects.get(kind=media.THUMBNAILS, state=JobState.QUEUED)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def test_members_get_every_size(client_for: ClientFor, stored: tuple[Project, bytes, str]) -> None:
    project, content, sha256 = stored
    client = client_for(factories.member(project, Role.VIEWER))
    make_sizes(project)
    assert Media.objects.get().variants_at is not None
    for variant, width in (("original", 2000), ("screen", 1600), ("thumb", 256)):
        answer = client.get(f"/media/{project.slug}/{sha256}/{variant}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == ("image/jpeg" if variant == "original" else "image/webp")
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        sent = body(answer)
        assert len(sent) == int(answer.headers["Content-Length"])
        assert Image.open(io.BytesIO(sent)).width == width
        assert (sent == content) == (variant == "original")


def test_a_size_that_is_not_made_yet_is_asked_for_and_there_afterwards(
    client_for: ClientFor, stored: tuple[Project, bytes, str]
) -> None:
    project, content, sha256 = stored
    client = client_for(project.created_by)
    address = f"/media/{project.slug}/{sha256}/thumb"
    assert client.get(address).status_code == client.head(address).status_code == 202
    assert body(client.get(f"/media/{project.slug}/{sha256}/original")) == content
    jobs.perform_job(JobRun.objects.get(kind=media.THUMBNAILS).pk)
    assert client.get(address).status_code == 200


def test_those_that_somebody_waits_for_are_made_first(
    client_for: ClientFor, stored: tuple[Project, bytes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _, _ = stored
    infos = [images.check(picture(size=(20 + number, 20))) for number in range(3)]
    for number, info in enumerate(infos):
        media.store_media(picture(size=(20 + number, 20)), info)
    media.link(project.pk, infos)
    last = Media.objects.order_by("sha256").last()
    assert last is not None
    assert client_for(project.created_by).get(f"/media/{project.slug}/{last.pk}/screen").status_code == 202
    order: list[str] = []
    made = media.make_variants

    def make(one: Media) -> bool:
        order.append(one.pk)
        return made(one)

    monkeypatch.setattr(media, "make_variants", make)
    jobs.perform_job(JobRun.objects.get(kind=media.THUMBNAILS).pk)
    assert order[0] == last.pk
    assert not Media.objects.filter(variants_at=None).exists()


def test_a_file_that_cannot_be_read_is_said_so_and_tried_again_later(
    client_for: ClientFor, stored: tuple[Project, bytes, str], own_storage: Path
) -> None:
    project, content, sha256 = stored
    client, address = client_for(project.created_by), f"/media/{project.slug}/{sha256}/thumb"
    (original,) = (path for path in own_storage.rglob("original") if path.is_file())
    original.write_bytes(content[:500])
    job = make_sizes(project)
    assert job.result is not None
    assert (job.result["made"], job.result["failed"]) == (0, 1)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "missing or damaged" in answer.content.decode()
    assert not JobRun.objects.filter(state=JobState.QUEUED).exists()

    original.write_bytes(content)
    Media.objects.update(failed_at=timezone.now() - timedelta(hours=1))
    assert client.get(address).status_code == 202
    jobs.perform_job(JobRun.objects.get(state=JobState.QUEUED).pk)
    assert client.get(address).status_code == 200


def test_a_job_that_ended_early_is_started_again_by_who_still_waits(
    client_for: ClientFor, stored: tuple[Project, bytes, str]
) -> None:
    project, _, sha256 = stored
    client, address = client_for(project.created_by), f"/media/{project.slug}/{sha256}/thumb"
    assert client.get(address).status_code == 202
    JobRun.objects.update(state=JobState.CANCELLED)
    assert client.get(address).status_code == 202
    assert not JobRun.objects.filter(state=JobState.QUEUED).exists(), "not with every look at the page"
    Media.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
    assert client.get(address).status_code == 202
    assert JobRun.objects.filter(state=JobState.QUEUED).count() == 1


def test_what_the_browser_has_is_not_sent_again(client_for: ClientFor, stored: tuple[Project, bytes, str]) -> None:
    project, _, sha256 = stored
    client = client_for(project.created_by)
    make_sizes(project)
    tag = client.get(f"/media/{project.slug}/{sha256}/thumb").headers["ETag"]
    answer = client.get(f"/media/{project.slug}/{sha256}/thumb", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert "immutable" in answer.headers["Cache-Control"]


def test_others_get_nothing(client_for: ClientFor, stored: tuple[Project, bytes, str]) -> None:
    project, _, sha256 = stored
    stranger = factories.user()
    elsewhere = factories.project(manager=stranger)
    address = f"/media/{project.slug}/{sha256}/original"
    assert client_for(stranger).get(address).status_code == 404
    assert client_for(stranger).get(f"/media/{elsewhere.slug}/{sha256}/original").status_code == 404
    assert client_for(project.created_by).get(f"/media/{project.slug}/{sha256}/huge").status_code == 404
    assert client_for(project.created_by).get(f"/media/{project.slug}/{'0' * 64}/thumb").status_code == 404
    assert Client().get(address).status_code == 302
    assert client_for(project.created_by).post(address).status_code == 405


def test_programs_fetch_images_with_their_token(stored: tuple[Project, bytes, str]) -> None:
    project, content, sha256 = stored
    _, secret = tokens.issue_token(user=project.created_by, name="script", scope="manage")
    address = f"/media/{project.slug}/{sha256}/original"
    assert body(Client().get(address, headers={"Authorization": f"Bearer {secret}"})) == content
    assert Client().get(address, headers={"Authorization": "Bearer dcai_wrong"}).status_code == 302
