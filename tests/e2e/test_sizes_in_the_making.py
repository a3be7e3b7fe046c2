"""An image whose sizes no worker has made yet: a calm sign in its place, and the image by itself once it is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.formats import images
from labeling.models import Media, Project, Role, User
from labeling.reasons.manual import MANUAL
from labeling.services import flags, media
from tests import factories
from tests.pictures import picture

Browse = Callable[..., Page]

pytestmark = pytest.mark.usefixtures("own_storage")
PREPARED = "This image is being prepared. It appears here by itself."


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> tuple[Project, User, int]:
    """Make a project with one flagged image, a reviewer, and no worker; return the task's id, too."""
    monkeypatch.setattr(media, "start_thumbnails", lambda **_: None)
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    content = picture(size=(640, 480))
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    field = factories.IMAGE_SCHEMA["fields"][0]["name"]
    value = {"sha256": info.sha256, "width": 640, "height": 480, "name": "box.png", "bytes": info.size}
    (task,) = factories.tasks(project, data=[{field: value}])
    flags.put_flag(task=task, reason=MANUAL, note="look")
    return project, factories.member(project, Role.REVIEWER), task.pk


@pytest.mark.parametrize("name", ["project-label", "project-review", "project-task"])
def test_an_item_is_prepared_and_then_there(browse: Browse, shown: tuple[Project, User, int], name: str) -> None:
    project, reviewer, task = shown
    asked = (project.slug, task) if name == "project-task" else (project.slug,)
    page = browse(reviewer, path=reverse(name, args=asked))
    expect(page.locator(".dc-item-loading:visible")).to_have_text(PREPARED)
    assert media.make_variants(Media.objects.get())
    expect(page.locator(".dc-item-image:visible")).to_have_count(1, timeout=20_000)
    expect(page.locator(".dc-item-loading")).to_have_count(0)


@pytest.mark.parametrize("name", ["project-tasks", "project-review-grid"])
def test_a_picture_in_a_list_is_prepared_and_then_there(
    browse: Browse, shown: tuple[Project, User, int], name: str
) -> None:
    project, reviewer, _ = shown
    page = browse(reviewer, path=reverse(name, args=(project.slug,)))
    sign = page.locator("#main img[data-making]")
    expect(sign).to_have_attribute("title", PREPARED)
    assert media.make_variants(Media.objects.get())
    there = page.locator('#main img[src*="/media/"]')
    expect(there).to_have_js_property("naturalWidth", 256, timeout=20_000)
    expect(sign).to_have_count(0)
