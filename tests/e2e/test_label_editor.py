"""The label page in the hard cases: no network, restarts, reloads, two tabs, conflicts, second thoughts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from labeling.models import Annotation, AnnotationRevision, AnnotationState, Comment, Flag, Lease, Project, Role, User
from labeling.selectors import versions
from labeling.services import annotations as saving
from labeling.services import guidelines, projects
from tests import factories
from tests.e2e.conftest import served, sign_in, wide

Browse = Callable[..., Page]

SEVERAL_QUESTIONS: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery", "other"]},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["refund", "late"]},
        {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ],
}
SAVES = "**/api/tasks/*/annotations/"


def make(count: int = 8, *, schema: dict[str, Any] | None = None) -> tuple[Project, User]:
    """Make a project with tasks and a person who labels it."""
    project = factories.project(schema=schema)
    factories.tasks(project, data=[{"text": f"Message {number}"} for number in range(1, count + 1)])
    return project, factories.member(project, Role.ANNOTATOR)


def address(project: Project) -> str:
    return reverse("project-label", args=(project.slug,))


def label_page(browse: Browse, project: Project, person: User, **options: Any) -> Page:
    page = browse(person, path=address(project), **options)
    expect(item(page).or_(page.get_by_text("Nothing left for you to label here"))).to_be_visible()
    return page


def item(page: Page) -> Locator:
    """Return the text of the item on the screen."""
    return page.locator(".ed-text-item")


def saved(page: Page) -> Locator:
    return page.locator("[data-save-state]")


def label(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


def answer(page: Page, key: str) -> str:
    """Answer the item on the screen with one key, submit it, and return its text."""
    text = item(page).inner_text()
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(item(page).get_by_text(text, exact=True)).to_have_count(0)
    return text


def answers(project: Project) -> dict[str, Any]:
    """Return what was submitted, by the task's text."""
    found = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED).select_related("task")
    return {annotation.task.data["text"]: annotation.answers["intent"] for annotation in found}


def unavailable(route: Route) -> None:
    route.fulfill(status=503, content_type="text/plain", body="restarting")


def test_a_key_answers_enter_submits_and_the_next_item_does_not_wait_for_the_network(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    held: list[Route] = []
    page.route(SAVES, lambda route: held.append(route))  # noqa: PLW0108  (Playwright marks the function)

    first = answer(page, "1")
    second = answer(page, "2")

    expect(saved(page)).to_have_text("Saving")
    assert not Annotation.objects.exists()
    measured = page.evaluate("() => performance.getEntriesByName('dcai:next-item').length")
    assert measured == 2

    while held:
        held.pop().continue_()
        page.wait_for_timeout(200)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {first: "billing", second: "delivery"}
    assert all(0 < annotation.lead_time_ms < 60_000 for annotation in Annotation.objects.all())


def test_answers_given_without_a_network_arrive_once_it_is_back(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    expect(saved(page)).to_have_text("Saved")
    page.context.set_offline(True)

    given = {answer(page, "1"): "billing", answer(page, "3"): "other", answer(page, "2"): "delivery"}
    expect(saved(page)).to_have_text("Offline, 3 waiting")
    page.context.set_offline(False)

    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == given
    assert AnnotationRevision.objects.count() == 3


def test_a_reload_in_mid_answer_restores_it(browse: Browse) -> None:
    project, person = make(schema=SEVERAL_QUESTIONS)
    page = label_page(browse, project, person)
    text = item(page).inner_text()
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.get_by_label("Note").fill("half a sent")
    page.reload()

    expect(item(page)).to_have_text(text)
    expect(label(page, "delivery")).to_be_checked()
    expect(page.get_by_role("checkbox", name="refund")).to_be_checked()
    expect(page.get_by_label("Note")).to_have_value("half a sent")
    expect(label(page, "3")).not_to_be_checked()


def test_a_partial_answer_reaches_the_server_as_a_draft_and_is_submitted_on_top_of_it(browse: Browse) -> None:
    project, person = make(schema=SEVERAL_QUESTIONS)
    page = label_page(browse, project, person)
    page.keyboard.press("1")
    with page.expect_response(SAVES) as reply:
        pass
    assert reply.value.json()["state"] == "draft"

    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_text("Saved")
    expect(page.get_by_label("Your last answers").get_by_role("button")).to_have_count(1)
    annotation = Annotation.objects.get()
    assert (annotation.state, annotation.version) == ("submitted", 2)
    assert annotation.answers == {"intent": "billing", "topics": ["late"], "mood": 4}


def test_a_restarting_server_and_a_closed_tab_lose_nothing(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    context = page.context
    context.route(SAVES, unavailable)
    given = {answer(page, "1"): "billing", answer(page, "2"): "delivery"}
    expect(saved(page)).to_have_text("The server does not answer, 2 waiting")
    page.close()

    page = context.new_page()
    page.goto(address(project))
    expect(page.get_by_label("Your last answers").get_by_role("button")).to_have_count(2)
    expect(saved(page)).to_have_text("The server does not answer, 2 waiting")
    for text in given:
        expect(page.get_by_label("Your last answers")).to_contain_text(text)
    assert not Annotation.objects.exists()

    context.unroute(SAVES)
    page.get_by_role("button", name="Try now").click()
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == given
    assert AnnotationRevision.objects.count() == 2


def test_a_reply_lost_on_its_way_back_does_not_save_twice(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)

    def committed_but_unheard(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route(SAVES, committed_but_unheard, times=1)
    text = answer(page, "1")
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {text: "billing"}
    assert AnnotationRevision.objects.count() == 1


def test_a_flapping_network_reloads_and_second_thoughts_lose_nothing(browse: Browse) -> None:
    project, person = make(60)
    page = label_page(browse, project, person)
    labels = {"1": "billing", "2": "delivery", "3": "other"}
    dice = random.Random(5)
    given: dict[str, str] = {}
    for step in range(25):
        reloaded = step % 9 == 8
        page.context.set_offline(step % 7 in (2, 3) and not reloaded)
        if reloaded:
            page.reload()
            expect(item(page)).to_be_visible()
        if step % 6 == 4:
            page.keyboard.press("z")
            expect(page.locator("[data-announcer]")).to_contain_text("open again")
        key = dice.choice(list(labels))
        given[answer(page, key)] = labels[key]
    page.context.set_offline(False)
    expect(saved(page)).to_have_text("Saved", timeout=30_000)
    assert answers(project) == given


def test_an_open_page_says_that_the_questions_have_changed(browse: Browse) -> None:
    project, person = make(20)
    page = label_page(browse, project, person)
    schema = versions.schema(project.pk).dump()
    schema["questions"][0]["labels"].append({"name": "a label that is new"})
    projects.revise_schema(actor=project.created_by, project=project, schema=schema)

    for _ in range(4):  # those that were loaded before, until more are
        answer(page, "1")
    expect(page.get_by_text("The questions or labels have changed.")).to_be_visible()
    page.get_by_role("button", name="Reload").click()
    expect(label(page, "a label that is new")).to_be_visible()
    answer(page, "4")
    expect(saved(page)).to_have_text("Saved")
    expect(page.get_by_text("The questions or labels have changed.")).to_have_count(0)
    assert sorted(answers(project).values()) == ["a label that is new"] + ["billing"] * 4


def test_two_tabs_of_one_person_show_different_items_and_all_answers_arrive(browse: Browse) -> None:
    project, person = make(6)
    one = label_page(browse, project, person)
    other = one.context.new_page()
    other.goto(address(project))
    expect(item(other)).to_be_visible()

    assert item(one).inner_text() != item(other).inner_text()
    given = {answer(one, "1"), answer(one, "1"), answer(other, "2")}
    expect(saved(one)).to_have_text("Saved")
    expect(saved(other)).to_have_text("Saved")
    assert set(answers(project)) == given
    assert AnnotationRevision.objects.count() == 3


def test_one_tab_sends_what_another_could_not(browse: Browse) -> None:
    project, person = make()
    one = label_page(browse, project, person)
    other = one.context.new_page()
    other.goto(address(project))
    expect(item(other)).to_be_visible()
    one.route(SAVES, unavailable)
    text = answer(one, "1")
    expect(saved(one)).to_have_text("The server does not answer, 1 waiting")
    one.close()

    other.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(saved(other)).to_have_text("Saved")
    assert answers(project) == {text: "billing"}


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine", "billing"), ("Take stored", "other")])
def test_an_answer_changed_elsewhere_is_shown_beside_mine(browse: Browse, choice: str, kept: str) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    text = item(page).inner_text()
    task = project.tasks.get(data__text=text)
    elsewhere = saving.Submission(answers={"intent": "other"}, state=AnnotationState.SUBMITTED)
    saving.submit(actor=person, task=task, submission=elsewhere, key=str(uuid4()))

    answer(page, "1")
    dialog = page.get_by_role("dialog", name="Two versions of your answer")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("billing")
    expect(dialog).to_contain_text("other")
    # The keys of the page do nothing behind the dialog: no answer is chosen by accident.
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()

    dialog.get_by_role("button", name=choice).click()
    expect(dialog).to_be_hidden()
    expect(saved(page)).to_have_text("Saved")
    expect(page.get_by_label("Your last answers")).to_contain_text(kept)
    assert answers(project) == {text: kept}


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
    expect(saved(page)).to_have_text("Saved")
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


def test_an_answer_that_is_not_accepted_comes_back_with_the_reason(browse: Browse) -> None:
    project, person = make()
    page = label_page(browse, project, person)
    problem = {"title": "Invalid", "status": 400, "detail": "The label was renamed.", "errors": []}

    def refuse(route: Route) -> None:
        headers = {"Content-Type": "application/problem+json", "X-Request-ID": "abc123"}
        route.fulfill(status=400, headers=headers, body=json.dumps(problem))

    page.route(SAVES, refuse, times=1)
    text = answer(page, "1")
    page.get_by_role("button", name="Open it now").click()
    expect(item(page)).to_have_text(text)
    expect(label(page, "billing")).to_be_checked()
    expect(page.get_by_role("alert")).to_contain_text("The label was renamed.")
    expect(page.get_by_role("alert")).to_contain_text("abc123")
    page.reload()
    expect(item(page)).to_have_text(text)
    expect(page.get_by_role("alert")).to_contain_text("The label was renamed.")

    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(item(page)).not_to_have_text(text)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {text: "delivery"}


def test_signed_out_meanwhile_the_answers_wait_for_the_same_person(browse: Browse, site: str) -> None:
    project, person = make()
    somebody_else = factories.member(project, Role.ANNOTATOR)
    page = label_page(browse, project, person)
    context = page.context
    context.clear_cookies()
    text = answer(page, "1")
    expect(saved(page)).to_have_text("You are signed out, 1 waiting")
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_be_visible()

    sign_in(context, somebody_else, site)
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(saved(page)).to_contain_text("is signed in here now; 1 waiting for you")
    assert not Annotation.objects.exists()

    sign_in(context, person, site)
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {text: "billing"}
    assert Annotation.objects.get().annotator == person


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
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.get_by_role("complementary").get_by_role("textbox")).to_be_focused()
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
