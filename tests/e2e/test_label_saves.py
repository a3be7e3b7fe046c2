"""Saves from the label page in the hard cases: no network, restarts, reloads, two tabs, conflicts, signed out."""

from __future__ import annotations

import json
import random
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from labeling.models import Annotation, AnnotationRevision, AnnotationState, Role
from labeling.services import annotations as saving
from tests import factories
from tests.e2e.conftest import sign_in
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
    unavailable,
)


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
