"""Images that are small as files and huge in memory: web decodes none, and workers keep within a bound."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from labeling.formats import decoding, images
from labeling.models import JobRun, Media, Project, Role, User
from labeling.services import media
from tests import factories
from tests.pictures import picture, real_huge_png

ClientFor = Callable[[User], Client]

_MEASURED = """
import resource, sys
from pathlib import Path
from labeling.formats import decoding
content = sys.stdin.buffer.read()
info = decoding.check(content)
sizes = decoding.variants(content)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
mine = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
print(info.width, info.height, *sorted(sizes), peak, mine)
"""


def stored(project: Project, content: bytes) -> Media:
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    return Media.objects.get(pk=info.sha256)


def test_ninety_nine_megapixels_are_decoded_within_the_bound_and_outside_of_who_asks() -> None:
    bomb = real_huge_png(9_900, 10_000)
    assert len(bomb) < 2_000_000
    done = subprocess.run([sys.executable, "-c", _MEASURED], input=bomb, capture_output=True, check=True, timeout=110)
    width, height, screen, thumb, peak, mine = done.stdout.decode().split()
    assert (width, height, screen, thumb) == ("9900", "10000", "screen", "thumb")
    assert int(peak) < 700, "the decoded image once, and little else"
    assert int(mine) < 200


def test_an_image_that_needs_more_than_the_bound_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MEMORY_BYTES", 200 * 1024**2)
    with pytest.raises(images.ImageRefused, match="more memory"):
        decoding.check(real_huge_png(9_000, 9_000))


def test_a_file_that_ends_the_process_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MEMORY_BYTES", 5_000_000)  # not even Python fits
    with pytest.raises(images.ImageRefused, match="breaks what decodes it"):
        decoding.check(picture())


def test_an_import_hands_large_images_to_the_bounded_process(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[bytes] = []

    def check(content: bytes) -> images.ImageInfo:
        handed.append(content)
        return here

    here = images.check(picture())
    monkeypatch.setattr(decoding, "check", check)
    large = real_huge_png(4_100, 4_000)
    assert media.check_image(picture()) == media.check_image(large) == here
    assert handed == [large]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_web_decodes_nothing_and_has_the_sizes_made_once(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    shown = stored(project, picture(size=(400, 300)))
    with monkeypatch.context() as patch:
        for name in ("variants", "check"):
            patch.setattr(images, name, lambda *_: pytest.fail("decoded in web"))
            patch.setattr(decoding, name, lambda *_: pytest.fail("decoded in web"))
        client = client_for(factories.member(project, Role.VIEWER))
        answers = [client.get(f"/media/{project.slug}/{shown.sha256}/{size}") for size in ("thumb", "screen", "thumb")]
    for answer in answers:
        assert answer.status_code == 202
        assert answer.headers["Retry-After"] == "2"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    assert JobRun.objects.filter(kind=media.THUMBNAILS, project=project).count() == 1
    shown.refresh_from_db()
    assert shown.asked_at is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_storage")
def test_sizes_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    waiting = [stored(project, picture(size=(100 + number, 100))) for number in range(4)]
    together, at_work, most = Barrier(4), [], []
    made = images.variants

    def variants(content: bytes) -> dict[str, bytes]:
        at_work.append(content)
        most.append(len(at_work))
        try:
            return made(content)
        finally:
            at_work.remove(content)

    monkeypatch.setattr(images, "variants", variants)

    def make(one: Media) -> bool:
        together.wait()
        try:
            return media.make_variants(one)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(make, waiting))
    assert most == [1, 1, 1, 1]
