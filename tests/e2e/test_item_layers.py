"""One layer shows an item to annotator, reviewer and reader, and a kind can draw on it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, Route, expect

from labeling.models import Project, Role, User
from labeling.reasons.manual import MANUAL
from labeling.services import flags
from tests import factories

Browse = Callable[..., Page]
STATIC = Path(__file__).resolve().parents[2] / "static"
MEDIA = "**/media/**"
SIZE = (400, 300)
MESSAGE = "Where is my order? 😀\n\nIt should have come.\n" + "A long line of words 👩‍👩‍👧 and more. " * 6
BOTH: dict[str, Any] = {
    "fields": [{"name": "photo", "type": "image"}, {"name": "text", "type": "text"}],
    "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery"]}],
}


@pytest.fixture
def shown() -> tuple[Project, User, int]:
    """Make a project with one flagged task of an image and a long text, and a reviewer; return the task's id, too."""
    project = factories.project(schema=BOTH)
    photo = {"sha256": "0" * 64, "width": SIZE[0], "height": SIZE[1], "name": "box.png", "bytes": 90}
    text = "\n".join(f"{number} {MESSAGE}" for number in range(60))
    (task,) = factories.tasks(project, data=[{"photo": photo, "text": text}])
    flags.put_flag(task=task, reason=MANUAL, note="look")
    return project, factories.member(project, Role.REVIEWER), task.pk


def with_pictures(page: Page) -> Page:
    """Let the page have its images, whatever they are."""
    drawn = io.BytesIO()
    Image.new("RGB", SIZE, "teal").save(drawn, "PNG")

    def answer(route: Route) -> None:
        route.fulfill(content_type="image/png", body=drawn.getvalue())

    page.route(MEDIA, answer)
    page.reload()
    return page


def skeleton(page: Page) -> list[str]:
    """Return the elements of the item's fields, by name and class, as they lie in each other."""
    expect(page.locator(".dc-item-image:visible")).to_have_count(1)
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".dc-item-field, .dc-item-text")]
            .filter((field) => field.checkVisibility())
            .flatMap((field) => [field, ...field.querySelectorAll("*")])
            .map((part) => `${part.tagName} ${part.getAttribute("class") ?? ""}`)"""
    )
    return found


def test_annotator_reviewer_and_reader_see_the_same_layer(browse: Browse, shown: tuple[Project, User, int]) -> None:
    project, reviewer, task = shown
    places = (
        reverse("project-label", args=(project.slug,)),
        reverse("project-review", args=(project.slug,)),
        reverse("project-task", args=(project.slug, task)),
    )
    label, review, detail = (skeleton(with_pictures(browse(reviewer, path=path))) for path in places)
    assert len([part for part in label if part.startswith("DIV dc-item-block")]) > 3
    assert label == review == detail


def test_the_image_of_a_task_page_is_zoomed_and_moved(browse: Browse, shown: tuple[Project, User, int]) -> None:
    project, reviewer, task = shown
    page = with_pictures(browse(reviewer, path=reverse("project-task", args=(project.slug, task))))
    image, percent = page.locator(".dc-item-image"), page.locator(".dc-item-percent")
    expect(image).to_be_visible()
    before = percent.inner_text()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(percent).not_to_have_text(before)
    at = image.get_attribute("style")
    page.locator(".dc-item-frame").focus()
    page.keyboard.press("ArrowRight")
    assert image.get_attribute("style") != at
    page.get_by_role("button", name="Fit").click()
    expect(percent).to_have_text(before)


def test_a_zoom_stays_on_the_next_item_until_it_is_fitted(browse: Browse) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    image = {"sha256": "0" * 64, "width": SIZE[0], "height": SIZE[1], "name": "", "bytes": 90}
    names = ["one.png", "two.png", "three.png"]
    factories.tasks(project, data=[{"image": {**image, "name": name}} for name in names])
    page = with_pictures(browse(project.created_by, path=reverse("project-label", args=(project.slug,))))
    shown, percent = page.locator(".dc-item-image"), page.locator(".dc-item-percent")
    expect(shown).to_have_attribute("alt", re.compile("one.png"))
    fitted = percent.inner_text()
    for _ in range(3):
        page.keyboard.press("+")
    expect(page.locator(".dc-item-frame")).to_have_attribute("data-fitted", "false")
    near, at = percent.inner_text(), shown.get_attribute("style")
    assert near != fitted
    page.keyboard.press("j")
    expect(shown).to_have_attribute("alt", re.compile("two.png"))
    expect(percent).to_have_text(near)
    assert shown.get_attribute("style") == at

    page.keyboard.press(".")
    expect(percent).to_have_text(fitted)
    page.keyboard.press("j")
    expect(shown).to_have_attribute("alt", re.compile("three.png"))
    expect(percent).to_have_text(fitted)


def with_toy(page: Page, tmp_path: Path) -> None:
    """Give the page the toy of static/tests/support/toy_layer.ts and an empty place for it."""
    script = (
        "import { build } from 'esbuild'; await build({ entryPoints: ['tests/support/toy_layer.ts'],"
        f" outfile: {str(tmp_path / 'toy.js')!r}, bundle: true, format: 'esm', logLevel: 'error' }});"
    )
    node = Path(sys.executable).parent / "node"
    subprocess.run([node, "--input-type=module", "-e", script], cwd=STATIC, check=True)
    toy = (tmp_path / "toy.js").read_text(encoding="utf-8")
    page.route("**/toy.js", lambda route: route.fulfill(content_type="text/javascript", body=toy))
    page.evaluate(
        """async () => {
            window.toy = await import("/toy.js");
            const place = document.createElement("div");
            place.id = "toy";
            place.className = "dc-task-item";
            place.style.width = "400px";
            document.getElementById("main").prepend(place);
        }"""
    )


def test_a_kind_draws_on_an_image_and_is_told_what_is_hit(
    browse: Browse, shown: tuple[Project, User, int], tmp_path: Path
) -> None:
    project, reviewer, task = shown
    page = with_pictures(browse(reviewer, path=reverse("project-task", args=(project.slug, task))))
    with_toy(page, tmp_path)
    page.evaluate(
        """(size) => {
            const url = document.querySelector("[data-item-image]").dataset.url;
            window.shown = window.toy.showImage(document.getElementById("toy"), url, size);
        }""",
        {"width": SIZE[0], "height": SIZE[1]},
    )
    expect(page.locator("#toy .dc-item-image")).to_be_visible()

    def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
        (a, b) = (page.evaluate("([x, y]) => window.shown.screen(x, y)", list(point)) for point in (start, end))
        page.mouse.move(a["x"], a["y"])
        page.mouse.down()
        page.mouse.move(b["x"], b["y"], steps=3)
        page.mouse.up()

    drag((100, 100), (180, 160))
    page.evaluate("() => window.shown.zoom()")
    drag((200, 120), (220, 140))
    boxes = page.evaluate("() => window.shown.boxes()")
    rounded = [{name: round(value) for name, value in box.items()} for box in boxes]
    assert rounded == [
        {"x": 100, "y": 100, "width": 80, "height": 60},
        {"x": 200, "y": 120, "width": 20, "height": 20},
    ]
    assert page.evaluate("() => [[150, 130], [210, 130], [300, 50]].map(([x, y]) => window.shown.hit(x, y))") == [
        "0", "1", None,
    ]  # fmt: skip
    # What is drawn follows the view: the rectangle lies where its points are on the screen.
    box = page.locator("#toy rect").first.bounding_box()
    corner = page.evaluate("() => window.shown.screen(100, 100)")
    assert box
    assert abs(box["x"] - corner["x"]) < 2
    assert abs(box["y"] - corner["y"]) < 2
    # What the toy leaves is the view's to pan.
    view = page.evaluate("() => window.shown.view()")
    page.keyboard.down("Alt")
    drag((200, 150), (190, 150))
    page.keyboard.up("Alt")
    assert page.evaluate("() => window.shown.boxes().length") == 2
    assert page.evaluate("() => window.shown.view()") != view


def test_marks_in_a_text_are_counted_in_code_points(
    browse: Browse, shown: tuple[Project, User, int], tmp_path: Path
) -> None:
    project, reviewer, task = shown
    page = browse(reviewer, path=reverse("project-task", args=(project.slug, task)))
    with_toy(page, tmp_path)
    text = "\n".join(f"{number} {MESSAGE}" for number in range(40))
    page.evaluate(
        "(text) => { window.shown = window.toy.showText(document.getElementById('toy'), text); }",
        text,
    )
    smile = text.index("😀", 5_000)
    marks = [(3, 12), (8, 24), (smile, smile + 1), (smile - 30, smile + 40), (4_100, 4_700)]
    page.evaluate("(marks) => window.shown.mark(marks)", [{"start": start, "end": end} for start, end in marks])
    for place, (start, end) in enumerate(marks):
        # Pieces of a mark are cut where others begin, and a line end between two blocks is not on the page.
        marked = page.evaluate("(place) => window.shown.marked(place)", place)
        assert marked.replace("|", "").replace("\n", "") == text[start:end].replace("\n", "")
        # Select through the marks: the same code points come back.
        chosen = page.evaluate("([start, end]) => window.shown.select(start, end)", [start, end])
        assert (chosen["start"], chosen["end"]) == (start, end)
    page.evaluate("() => window.shown.mark([])")
    assert page.locator("[data-toy]").count() == 0
