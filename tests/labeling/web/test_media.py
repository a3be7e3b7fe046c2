"""Images: for members only, cached for ever, in three sizes whether or not the job has made them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from labeling.formats import images
from labeling.models import JobRun, Media, Project, Role, User
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


def test_members_get_every_size(client_for: ClientFor, stored: tuple[Project, bytes, str]) -> None:
    project, content, sha256 = stored
    client = client_for(factories.member(project, Role.VIEWER))
    for made in (False, True):
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
        if not made:
            media.start_thumbnails(actor=None, project=project)
            jobs.perform_job(JobRun.objects.get(kind=media.THUMBNAILS).pk)
            assert Media.objects.get().variants_at is not None


def test_what_the_browser_has_is_not_sent_again(client_for: ClientFor, stored: tuple[Project, bytes, str]) -> None:
    project, _, sha256 = stored
    client = client_for(project.created_by)
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
