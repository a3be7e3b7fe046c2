"""The whole way by keyboard alone: sign in, make a project, bring data, label, take the labels out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from labeling.models import Annotation, Label, LabelSource, Project, Role, Task
from labeling.services import demo
from tests import factories

Browse = Callable[..., Page]


def signed_in_by_keyboard(browse: Browse, email: str) -> Page:
    page = browse(path="/")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your projects")
    return page


def choose(page: Page, file: Path) -> None:
    """Choose a file on the import page, as the keyboard does it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Import data")
    with page.expect_file_chooser() as chooser:
        page.locator("input[type=file]").press("Enter")
    chooser.value.set_files(file)
    expect(page.get_by_role("heading", level=1)).to_have_text("Where do the columns go?")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Import of")
    expect(page.locator("[data-key=l]")).to_be_visible()


def answer(page: Page, key: str) -> None:
    """Answer the item on the screen and wait until another one is there (or none is left)."""
    shown = page.locator("[data-editor]")
    expect(shown.get_by_role("button", name="Submit")).to_be_visible()
    before = shown.locator(".ed-status").inner_text()
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(shown.get_by_text(before.split("\n")[0], exact=True)).to_have_count(0)


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_text("Saved")


def downloaded(page: Page, project: Project, format_name: str) -> str:
    """Export from the page by keyboard and return the file's text."""
    page.goto(reverse("project-export", args=(project.slug,)))
    page.locator(f"input[value={format_name}]").press("Space")
    with page.expect_download() as download:
        page.keyboard.press("d")
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_texts_from_an_empty_site_to_a_file_of_labels(browse: Browse, tmp_path: Path) -> None:
    factories.user("ann@example.org", password=factories.PASSWORD)
    file = tmp_path / "reviews.csv"
    file.write_text('text,stars\nWonderful lamp,5\nIt broke at once,1\n"Fine, I guess",3\n', encoding="utf-8")
    page = signed_in_by_keyboard(browse, "ann@example.org")

    page.keyboard.press("n")
    page.get_by_role("link", name="Text classification").press("Enter")
    expect(page.get_by_label("Name of the project")).to_be_focused()
    page.keyboard.type("Lamp reviews")
    page.get_by_label("Labels", exact=True).focus()
    page.keyboard.type("good\nbad\nneither")
    expect(page.get_by_label("Key of neither")).to_have_value("3")
    page.get_by_label("Name of the project").press("Enter")
    choose(page, file)
    page.keyboard.press("l")
    for key in ("1", "2", "3"):
        answer(page, key)
    saved(page)

    project = Project.objects.get(name="Lamp reviews")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, project, "csv"))))
    question = project.schema_versions.get().body["questions"][0]["name"]
    assert {row["text"]: row[question] for row in rows} == {
        "Wonderful lamp": "good", "It broke at once": "bad", "Fine, I guess": "neither",
    }  # fmt: skip


def test_images_from_an_empty_site_to_a_file_of_labels(browse: Browse, tmp_path: Path) -> None:
    factories.user("ann@example.org", password=factories.PASSWORD)
    file = tmp_path / "squares.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, color in (("red", (200, 0, 0)), ("green", (0, 200, 0))):
            content = io.BytesIO()
            Image.new("RGB", (640, 480), color).save(content, "PNG")
            archive.writestr(f"{name}.png", content.getvalue())
    page = signed_in_by_keyboard(browse, "ann@example.org")

    page.keyboard.press("n")
    page.get_by_role("link", name="Image classification").press("Enter")
    expect(page.get_by_label("Name of the project")).to_be_focused()
    page.keyboard.type("Squares")
    page.get_by_label("Labels", exact=True).focus()
    page.keyboard.type("warm, cold")
    expect(page.get_by_label("Key of cold")).to_have_value("2")
    page.get_by_label("Name of the project").press("Enter")
    choose(page, file)
    page.keyboard.press("l")
    for key in ("1", "2"):
        answer(page, key)
    saved(page)

    project = Project.objects.get(name="Squares")
    lines = [json.loads(line) for line in downloaded(page, project, "jsonl").splitlines()]
    assert sorted(next(iter(line["labels"].values())) for line in lines) == ["cold", "warm"]
    assert Task.objects.filter(project=project).count() == 2


@pytest.mark.timeout(240)
@pytest.mark.parametrize("key", ["handwritten_digits", "support_messages"])
def test_a_demo_is_labeled_and_exported(browse: Browse, key: str) -> None:
    ann = factories.user("ann@example.org", password=factories.PASSWORD, is_superuser=True)
    project = demo.create(actor=ann, key=key)
    imported = Label.objects.filter(project=project).count()
    page = signed_in_by_keyboard(browse, "ann@example.org")

    page.keyboard.press("l")
    for digit in ("1", "2", "3"):
        answer(page, digit)
    saved(page)

    question = project.schema_versions.get().body["questions"][0]
    name = question["name"]
    given = [next(label["name"] for label in question["labels"] if label["key"] == digit) for digit in ("1", "2", "3")]
    answers = Annotation.objects.filter(project=project).order_by("pk").select_related("task")
    assert sorted(annotation.answers[name] for annotation in answers) == sorted(given)
    lines = [json.loads(line) for line in downloaded(page, project, "jsonl").splitlines()]
    assert len(lines) == project.tasks.count()
    by_id: dict[str, Any] = {line["external_id"]: line for line in lines}
    for annotation in answers:
        assert (
            by_id[annotation.task.external_id or ""]["labels"][question["name"]] == annotation.answers[question["name"]]
        )
    current = Label.objects.filter(project=project, retired_at=None)
    assert current.filter(source=LabelSource.ANNOTATION).count() == 3
    assert current.filter(source=LabelSource.IMPORT).count() == imported


def test_two_browsers_never_get_the_same_task(browse: Browse) -> None:
    project = factories.project()
    factories.tasks(project, data=[{"text": f"Message {number}"} for number in range(14)])
    people = [factories.member(project, Role.ANNOTATOR) for _ in range(2)]
    pages = [browse(person, path=reverse("project-label", args=(project.slug,))) for person in people]

    for _ in range(4):
        shown = [page.locator(".dc-item-text").inner_text() for page in pages]
        assert shown[0] != shown[1]
        for page in pages:
            answer(page, "1")
    for page in pages:
        saved(page)

    assert Annotation.objects.count() == 8
    assert Annotation.objects.values("task").distinct().count() == 8
    assert all(Annotation.objects.filter(annotator=person).count() == 4 for person in people)
