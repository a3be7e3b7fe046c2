"""The label page: keys, several questions, undo, last answers, images, the guideline, a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from labeling.models import Annotation, AnnotationState, Comment, Flag, Lease, Project
from labeling.selectors import versions as version_reads
from labeling.services import guidelines, projects
from tests import factories
from tests.e2e.conftest import served, wide
from tests.e2e.labeling import (
    SAVES,
    SEVERAL_QUESTIONS,
    Browse,
    address,
    answer,
    answers,
    item,
    label,
    label_page,
    make,
    saved,
)


def test_a_key_answers_enter_submits_and_the_next_item_does_not_wait_for_the_network(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    held: list[Route] = []
    holding = [True]
    page.route(SAVES, lambda route: held.append(route) if holding else route.continue_())

    first = answer(page, "1")
    second = answer(page, "2")

    expect(saved(page)).to_have_text("Saving")
    assert not Annotation.objects.exists()
    measured = page.evaluate("() => performance.getEntriesByName('dcai:next-item').length")
    assert measured == 2

    holding.clear()  # what follows on the first is not held
    for route in held:
        route.continue_()
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {first: "billing", second: "delivery"}
    assert all(0 < annotation.lead_time_ms < 60_000 for annotation in Annotation.objects.all())


def test_an_open_page_says_that_the_questions_have_changed(browse: Browse) -> None:
    project, person = make(100)
    page = label_page(browse, project, person)
    schema = version_reads.schema(project.pk).dump()
    schema["questions"][0]["labels"].append({"name": "a label that is new"})
    projects.revise_schema(actor=project.created_by, project=project, schema=schema)

    for _ in range(7):  # those that were loaded before, until more are
        answer(page, "1")
    expect(page.get_by_text("The questions or labels have changed.")).to_be_visible()
    page.get_by_role("button", name="Reload").click()
    expect(label(page, "a label that is new")).to_be_visible()
    answer(page, "4")
    expect(saved(page)).to_have_text("Saved")
    expect(page.get_by_text("The questions or labels have changed.")).to_have_count(0)
    assert sorted(answers(project).values()) == ["a label that is new"] + ["billing"] * 7


def test_undo_and_redo_go_across_items(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    first = answer(page, "1")
    second = item(page).inner_text()
    expect(saved(page)).to_have_text("Saved")

    page.keyboard.press("z")
    expect(item(page)).to_have_text(first)
    expect(label(page, "billing")).to_be_checked()
    expect(page.locator("[data-announcer]")).to_contain_text("open again")
    expect(saved(page)).to_have_text("Draft saved")
    assert Annotation.objects.get().state == AnnotationState.DRAFT

    page.keyboard.press("z")
    expect(label(page, "billing")).not_to_be_checked()
    page.keyboard.press("Shift+Z")
    page.keyboard.press("Shift+Z")
    expect(item(page)).to_have_text(second)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {first: "billing"}


def test_one_of_the_last_answers_is_opened_and_changed(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    first = answer(page, "1")
    second = answer(page, "1")
    third = item(page).inner_text()

    page.keyboard.press("k")
    expect(item(page)).to_have_text(second)
    page.get_by_label("Your last answers").get_by_role("button", name=first).click()
    expect(item(page)).to_have_text(first)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(item(page)).to_have_text(third)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {first: "other", second: "billing"}


def test_skipping_asks_for_the_reason(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    text = item(page).inner_text()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="No label fits")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="No label fits")).to_be_hidden()
    expect(item(page)).to_have_text(text)

    page.keyboard.press("Space")
    page.keyboard.press("2")
    expect(item(page)).not_to_have_text(text)
    expect(saved(page)).to_have_text("Saved")
    annotation = Annotation.objects.get()
    assert (annotation.state, annotation.skip_reason) == ("skipped", "no_label_fits")


def test_several_questions_are_answered_by_keyboard_alone(browse: Browse) -> None:
    project, person = make(schema=SEVERAL_QUESTIONS)
    page = label_page(browse, project, person)
    text = item(page).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose one of the labels.", exact=True)).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("5")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    note = page.get_by_label("Note")
    expect(note).to_be_focused()
    page.keyboard.type("keys 1 2 z are letters here")
    expect(label(page, "delivery")).to_be_checked()
    page.keyboard.press("Control+Enter")

    expect(item(page)).not_to_have_text(text)
    expect(saved(page)).to_have_text("Saved")
    assert Annotation.objects.get().answers == {
        "intent": "delivery",
        "topics": ["refund", "late"],
        "mood": 5,
        "note": "keys 1 2 z are letters here",
    }


def test_typed_answers_follow_each_other_without_a_hand_on_the_mouse(browse: Browse) -> None:
    question = {"name": "reply", "kind": "text", "field": "text", "title": "Your reply"}
    project, person = make(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    page = label_page(browse, project, person)
    box = page.get_by_label("Your reply")
    for words in ("first reply", "second reply"):
        expect(box).to_be_focused()
        expect(box).to_have_value("")
        page.keyboard.type(words)
        page.keyboard.press("Control+Enter")
        expect(box).to_have_value("")
    expect(saved(page)).to_have_text("Saved")
    assert [found.answers["reply"] for found in Annotation.objects.order_by("pk")] == ["first reply", "second reply"]

    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(box).to_have_value("second reply")


def test_comment_and_flag_by_keyboard(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    page.keyboard.press("c")
    expect(page.get_by_label("Your comment")).to_be_focused()
    page.keyboard.type("Is this one about billing?")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("complementary", name="Comments")).to_contain_text("Is this one about billing?")
    # The keys are the item's again: the next one is no second comment.
    expect(page.locator("[data-item]")).to_be_focused()
    page.keyboard.press("f")
    expect(page.get_by_role("complementary", name="Flag").get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Two messages in one")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is flagged for a reviewer")).to_be_visible()
    expect(saved(page)).to_have_text("Saved")
    assert Comment.objects.get().body == "Is this one about billing?"
    assert "Two messages in one" in str(Flag.objects.values().get())


def test_the_last_item_leads_to_a_friendly_end_and_new_ones_appear_by_themselves(browse: Browse) -> None:
    project, person = make(1)
    page = label_page(browse, project, person)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing left for you to label here")).to_be_visible()
    expect(saved(page)).to_have_text("Saved")
    page.keyboard.press("z")
    expect(label(page, "billing")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing left for you to label here")).to_be_visible()

    page.keyboard.press("k")
    expect(label(page, "billing")).to_be_checked()
    page.keyboard.press("Enter")
    factories.tasks(project, data=[{"text": "A late arrival"}])
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(item(page)).to_have_text("A late arrival")


def test_leaving_gives_back_what_was_not_begun(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    begun = item(page).inner_text()
    page.keyboard.press("2")
    expect(label(page, "delivery")).to_be_checked()
    assert Lease.objects.filter(user=person).count() == 5
    page.goto("/")
    served()
    assert [lease.task.data["text"] for lease in Lease.objects.filter(user=person)] == [begun]

    page.goto(address(project))
    expect(item(page)).to_have_text(begun)
    expect(label(page, "delivery")).to_be_checked()


def test_an_image_that_cannot_be_shown_says_so_and_can_be_skipped(browse: Browse) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    image = {"sha256": "0" * 64, "width": 8, "height": 8, "name": "gone.png", "bytes": 90}
    factories.tasks(project, data=[{"image": image}])
    page = browse(project.created_by, path=address(project))
    expect(page.get_by_role("alert")).to_contain_text("This image cannot be shown.")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="Nothing left for you to label here")).to_be_visible()
    expect(saved(page)).to_have_text("Saved")
    assert Annotation.objects.get().skip_reason == "bad_data"


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_and_all_that_opens_on_it_is_accessible(
    browse: Browse, violations: Callable[[Page], list[str]], dark: bool
) -> None:
    project, person = make(schema=SEVERAL_QUESTIONS)
    page = label_page(browse, project, person, dark=dark)
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose one of the labels.", exact=True)).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Space")
    assert violations(page) == []
    page.keyboard.press("1")
    expect(page.get_by_label("Your last answers").get_by_role("button")).to_have_count(1)
    for key in ("g", "c", "f"):
        page.keyboard.press(key)
        expect(page.get_by_role("complementary")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("k")
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_labeling_with_the_thumb_on_a_phone(browse: Browse, violations: Callable[[Page], list[str]]) -> None:
    project, person = make()
    page = label_page(browse, project, person, phone=True)
    assert wide(page) <= 0
    submit = page.get_by_role("button", name="Submit")
    expect(submit).to_be_in_viewport(ratio=1)
    text = item(page).inner_text()
    page.locator(".ed-label", has_text="delivery").tap()
    expect(label(page, "delivery")).to_be_checked()
    submit.tap()
    expect(item(page)).not_to_have_text(text)
    expect(saved(page)).to_have_text("Saved")
    assert violations(page) == []
    assert wide(page) <= 0
    assert answers(project) == {text: "delivery"}


def publish(project: Project, text: str, note: str) -> None:
    manager = project.created_by
    entry = {
        "question": "intent",
        "label": "delivery",
        "definition": "Where a parcel is.",
        "use_when": "",
        "not_when": "",
    }
    guidelines.save_draft(actor=manager, project=project, body=text, entries=[entry])
    guidelines.publish(actor=manager, project=project, change_note=note)


def test_the_guideline_opens_at_the_label_and_a_newer_one_is_announced(browse: Browse) -> None:
    project, person = make(12)
    publish(project, "Label **what they want**.", "First version")
    page = label_page(browse, project, person)
    page.keyboard.press("2")
    page.keyboard.press("g")
    panel = page.get_by_role("complementary", name="Guideline v1")
    expect(panel).to_contain_text("Label what they want.")
    expect(panel.locator("[data-hit]")).to_contain_text("Where a parcel is.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("The guideline changed")).to_have_count(0)

    publish(project, "Label what they *mean*.", "Meaning, not words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The guideline changed (v2).")).to_be_visible()
    page.get_by_role("button", name="Read what changed").click()
    panel = page.get_by_role("complementary", name="Guideline v2")
    expect(panel).to_contain_text("Meaning, not words")
    expect(panel).to_contain_text("Label what they mean.")
    expect(page.get_by_text("The guideline changed")).to_have_count(0)
