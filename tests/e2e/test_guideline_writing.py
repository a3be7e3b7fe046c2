"""Writing the guideline: marks by key and button, lists that go on, a field as tall as its text, a preview beside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labeling.models import GuidelineDraft, Project
from tests import factories


@pytest.fixture
def writing(browse: Callable[..., Page]) -> tuple[Page, Project]:
    """Open the editor of an empty guideline, and put the caret into it."""
    project = factories.project()
    page = browse(project.created_by)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/p/{project.slug}/guideline/edit/")
    page.wait_for_load_state("networkidle")
    page.get_by_label("Guideline", exact=True).focus()
    return page, project


def test_marks_lists_and_the_preview(writing: tuple[Page, Project]) -> None:
    page, project = writing
    field = page.get_by_label("Guideline", exact=True)
    page.keyboard.press("Control+b")
    page.keyboard.type("Rules")
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("- one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("end")
    expect(field).to_have_value("**Rules**\n- one\n  - two\nend")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("Rules")
    expect(preview.locator("li li")).to_have_text("two\nend", use_inner_text=True)
    box, beside = field.bounding_box(), preview.bounding_box()
    assert box is not None
    assert beside is not None
    assert beside["x"] > box["x"] + box["width"]
    page.keyboard.press("Control+s")
    page.wait_for_url("**/guideline/edit/")
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    assert GuidelineDraft.objects.get(project=project).body == "**Rules**\n- one\n  - two\nend"


def test_the_browsers_undo_takes_a_mark_back(writing: tuple[Page, Project]) -> None:
    page, _ = writing
    field = page.get_by_label("Guideline", exact=True)
    page.keyboard.type("word")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Italic").click()
    expect(field).to_have_value("*word*")
    expect(field).to_be_focused()
    page.keyboard.press("Control+i")
    expect(field).to_have_value("word")
    page.keyboard.press("Control+i")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("word")


def test_tab_leaves_the_field(writing: tuple[Page, Project]) -> None:
    page, _ = writing
    field = page.get_by_label("Guideline", exact=True)
    page.keyboard.type("plain")
    page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    field.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("- item")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("plain\n- item")


def test_fields_follow_what_is_written(writing: tuple[Page, Project]) -> None:
    page, _ = writing
    field = page.get_by_label("Guideline", exact=True)
    field.fill("line\n" * 80)
    tall = field.evaluate("field => [field.clientHeight, field.scrollHeight]")
    assert tall[0] >= tall[1]
    field.fill("line")
    assert field.evaluate("field => field.clientHeight") < tall[0]

    billing = page.locator("details", has_text="billing")
    expect(billing.get_by_text("nothing said yet")).to_be_visible()
    billing.locator("summary").click()
    billing.get_by_label("Use when").fill("Money")
    expect(billing.get_by_text("nothing said yet")).to_be_hidden()
    billing.get_by_label("Use when").fill(" ")
    expect(billing.get_by_text("nothing said yet")).to_be_visible()
