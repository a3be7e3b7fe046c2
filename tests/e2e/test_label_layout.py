"""The label page's layout: item and answers near each other, their sizes, and the panel that follows the questions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from labeling.models import Project, Role, User
from tests import factories
from tests.e2e.conftest import wide
from tests.e2e.labeling import Browse, item, label, label_page, saved

MANY: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {
            "name": "intent",
            "kind": "choice",
            "field": "text",
            "labels": [f"Reason to write {number}" for number in range(1, 46)],
        },
        {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5},
    ],
}
GROUPED: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {
            "name": "seen",
            "kind": "choice",
            "field": "text",
            "labels": [
                *({"name": f"breed {number}", "group": "Animal / Dog"} for number in range(1, 40)),
                {"name": "siamese", "title": "Siamés", "group": "Animal / Cat"},
                {"name": "granite"},
            ],
        }
    ],
}
LONG = "A line of a long letter.\n" * 400


def project_of(*texts: str, schema: dict[str, Any] | None = None) -> tuple[Project, User]:
    project = factories.project(schema=schema)
    factories.tasks(project, data=[{"text": text} for text in texts])
    return project, factories.member(project, Role.ANNOTATOR)


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return {
        "x": found["x"],
        "y": found["y"],
        "width": found["width"],
        "right": found["x"] + found["width"],
    }


def side(page: Page) -> Locator:
    return page.get_by_role("region", name="Answers")


def test_text_and_answers_stand_together_in_the_middle_of_a_wide_window(browse: Browse) -> None:
    project, person = project_of("A short message.", "Another one.")
    page = label_page(browse, project, person)
    page.set_viewport_size({"width": 1920, "height": 1080})
    text, answers = box(item(page)), box(side(page))
    assert 0 <= answers["x"] - text["right"] <= 24
    assert abs(text["y"] - answers["y"]) <= 1
    assert abs(text["x"] - (1920 - answers["right"])) <= 2
    assert answers["right"] - text["x"] < 1100

    page.get_by_role("button", name="Larger text").click()
    page.get_by_role("button", name="Larger text").click()
    expect(item(page)).to_have_css("font-size", "20px")
    edge = page.get_by_role("separator", name="Width of the answers")
    expect(edge).to_have_attribute("aria-valuenow", str(round(answers["width"])))
    edge.press("ArrowLeft")
    edge.press("ArrowLeft")
    expect(edge).to_have_attribute("aria-valuenow", str(round(answers["width"]) + 48))
    grip = box(edge)
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + 60)
    page.mouse.down()
    page.mouse.move(grip["x"] + grip["width"] / 2 - 40, grip["y"] + 60, steps=4)
    page.mouse.up()
    # Both edges of what is centered move: the pointer's way counts twice.
    dragged = round(answers["width"]) + 48 + 80
    about = re.compile("|".join(str(dragged + off) for off in (-2, -1, 0, 1, 2)))
    expect(edge).to_have_attribute("aria-valuenow", about)
    kept = edge.get_attribute("aria-valuenow") or ""

    page.reload()
    expect(item(page)).to_have_css("font-size", "20px")
    expect(edge).to_have_attribute("aria-valuenow", kept)
    assert abs(box(side(page))["width"] - int(kept)) <= 1
    edge.dblclick()
    expect(edge).to_have_attribute("aria-valuenow", str(round(answers["width"])))


def test_a_long_text_scrolls_in_its_card_and_the_answers_stay_in_view(browse: Browse) -> None:
    project, person = project_of(LONG, LONG)
    page = label_page(browse, project, person)
    submit = page.get_by_role("button", name="Submit")
    expect(submit).to_be_in_viewport(ratio=1)
    expect(label(page, "other")).to_be_in_viewport(ratio=1)
    beginning = page.locator(".dc-item-block").first
    expect(beginning).to_be_in_viewport()
    item(page).press("End")
    expect(beginning).not_to_be_in_viewport()
    expect(submit).to_be_in_viewport(ratio=1)
    assert page.evaluate("() => window.scrollY") == 0
    assert wide(page) <= 0


def test_the_answers_scroll_to_the_question_the_keys_go_to_on_every_item(browse: Browse) -> None:
    project, person = project_of("First message", "Second message", "Third message", schema=MANY)
    page = label_page(browse, project, person)
    first = page.get_by_text("Intent", exact=True)
    second = page.get_by_text("Mood", exact=True)
    expect(first).to_be_in_viewport(ratio=1)
    expect(second).not_to_be_in_viewport()

    page.keyboard.press("1")
    expect(second).to_be_in_viewport(ratio=1)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(item(page)).to_have_text("Second message")
    expect(first).to_be_in_viewport(ratio=1)

    # The wheel takes the panel away from the question: the next item brings it back.
    label(page, "Reason to write 5").hover(force=True)
    page.mouse.wheel(0, 5_000)
    expect(first).not_to_be_in_viewport()
    page.keyboard.press("j")
    expect(item(page)).to_have_text("Third message")
    expect(first).to_be_in_viewport(ratio=1)
    page.keyboard.press("ArrowDown")
    expect(second).to_be_in_viewport(ratio=1)
    page.keyboard.press("ArrowUp")
    expect(first).to_be_in_viewport(ratio=1)
    expect(saved(page)).to_have_text("Saved")


def test_one_of_many_labels_is_found_and_taken_by_keyboard_and_groups_stay_folded(
    browse: Browse, violations: Callable[[Page], list[str]]
) -> None:
    project, person = project_of("First message", "Second message", schema=GROUPED)
    page = label_page(browse, project, person)
    finder = page.get_by_role("searchbox", name="Find one of 41 labels")
    page.keyboard.press("/")
    expect(finder).to_be_focused()
    page.keyboard.type("SIAMES")
    expect(label(page, "Siamés")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(label(page, "Siamés")).to_be_checked()
    expect(finder).to_have_value("")
    expect(page.get_by_role("region", name="Item")).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.type("breed 3")
    marked = page.locator("[data-marked] .ed-label-title")
    expect(marked).to_have_text("breed 3")
    # What is chosen stays in sight.
    expect(label(page, "Siamés")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(marked).to_have_text("breed 13")
    page.keyboard.press("Escape")
    expect(finder).not_to_be_focused()
    expect(finder).to_have_value("")
    expect(label(page, "Siamés")).to_be_checked()

    page.locator("summary", has_text="Animal").first.click()
    expect(page.get_by_role("radio")).to_have_count(1)
    expect(page.locator("summary", has_text="Animal")).to_contain_text("Siamés")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(item(page)).to_have_text("Second message")
    expect(saved(page)).to_have_text("Saved")
    page.reload()
    expect(item(page)).to_have_text("Second message")
    expect(page.get_by_role("radio")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Find a label")
