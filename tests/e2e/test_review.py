"""The review page: by keyboard alone, in the background, with a way back; and many at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Route, expect

from labeling.models import (
    Comment,
    Flag,
    FlagState,
    Label,
    LabelSource,
    ReviewLease,
    Role,
)
from labeling.reasons.decisions import Decision
from labeling.reasons.manual import MANUAL
from labeling.services import flags, reviews, tasks
from labeling.services.reviews import Ruling
from tests import factories
from tests.e2e.conftest import wide
from tests.e2e.reviewing import (
    DECISIONS,
    Browse,
    Check,
    address,
    card,
    checked,
    current,
    flagged,
    number,
    saved,
)


@pytest.mark.timeout(240)
def test_twenty_flags_by_keyboard_after_a_run(browse: Browse, violations: Check) -> None:
    project, ann = checked()
    page = browse(ann, path=address(project, "reason=label_error"))
    decided: dict[int, str] = {}
    for place in range(20):
        flag = Flag.objects.get(pk=number(page))
        assert flag.pk not in decided
        given, suggested = flag.evidence["given"], flag.evidence["suggested"]
        expect(card(page).get_by_label("Suggested label")).to_contain_text(suggested)
        expect(card(page).get_by_label("Given label")).to_contain_text(given)
        if place == 0:
            expect(card(page).get_by_label("Most like it").locator("li")).to_have_count(6)
            assert violations(page) == []
        keep = place % 5 == 4
        page.keyboard.press("s" if keep else "a")
        decided[flag.pk] = given if keep else suggested
        expect(page.locator(f"[data-flag='{flag.pk}']")).to_be_hidden()
    saved(page)
    found = Flag.objects.in_bulk(decided)
    assert {flag.state for flag in found.values()} == {FlagState.RESOLVED}
    assert {pk: current(flag) for pk, flag in found.items()} == decided
    assert Label.objects.filter(project=project, source=LabelSource.REVIEW, created_by=ann).count() == 20

    one = next(flag for flag in found.values() if flag.resolution == "accept_suggestion")
    page.goto(reverse("project-task", args=(project.slug, one.task_id)))
    history = page.locator("#history")
    expect(history).to_contain_text("source: review")
    expect(history).to_contain_text("the suggested label was taken, by Ann Onymous")


def test_the_next_card_does_not_wait_and_undo_takes_back_what_was_decided(browse: Browse) -> None:
    project, ann, found = flagged(8)
    page = browse(ann, path=address(project))
    held: list[Route] = []
    page.route(DECISIONS, lambda route: held.append(route))  # noqa: PLW0108  (Playwright marks the function)
    assert number(page) == found[0].pk
    page.keyboard.press("a")
    assert number(page) == found[1].pk
    page.keyboard.press("3")
    assert number(page) == found[2].pk
    expect(page.locator("[data-save-state]")).to_have_text("Saving")
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 8

    while held or page.locator("[data-save-state]").inner_text() != "Saved":
        if held:
            held.pop().continue_()
        page.wait_for_timeout(100)
    assert [current(flag) for flag in found[:3]] == ["delivery", "other", "billing"]

    page.unroute(DECISIONS)
    page.keyboard.press("z")
    assert number(page) == found[1].pk
    saved(page)
    expect(page.get_by_text("1 decided")).to_be_visible()
    # Decided anew: the label that came back is the one that is on the screen.
    page.keyboard.press("s")
    assert number(page) == found[2].pk
    saved(page)
    assert current(found[1]) == "billing"
    assert Label.objects.filter(task=found[1].task_id).count() == 4

    # J leaves one undecided, K comes back, also to what was decided.
    page.keyboard.press("j")
    assert number(page) == found[3].pk
    page.keyboard.press("k")
    assert number(page) == found[2].pk
    page.keyboard.press("k")
    expect(card(page).get_by_text("You decided: Keep")).to_be_visible()
    # Undo is about the decision on the screen.
    page.keyboard.press("k")
    assert number(page) == found[0].pk
    page.keyboard.press("z")
    expect(page.get_by_text("1 decided")).to_be_visible()
    saved(page)
    assert [current(flag) for flag in found[:2]] == ["billing", "billing"]
    assert Flag.objects.get(pk=found[0].pk).state == FlagState.OPEN


def test_what_somebody_else_changed_meanwhile_is_shown_again(browse: Browse) -> None:
    project, ann, found = flagged(3)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    ids = [found[0].task_id]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="intent", value="other")
    reviews.decide(
        actor=project.created_by, project=project, flag_ids=[found[1].pk], ruling=Ruling(Decision.QUARANTINE)
    )
    page.keyboard.press("a")
    expect(page.get_by_text("The label was changed after this was flagged or shown")).to_be_visible()
    # What is on the screen stays; the other comes next, as it is now.
    assert number(page) == found[1].pk
    again = page.locator(f".dc-review-card[data-flag='{found[0].pk}']")
    expect(again.get_by_text("The label was changed after this was flagged.")).to_have_count(1)
    page.keyboard.press("a")
    expect(page.get_by_text("This flag is closed already")).to_be_visible()
    assert number(page) == found[0].pk
    page.keyboard.press("a")
    assert number(page) == found[2].pk
    saved(page)
    assert current(found[0]) == "delivery"


def test_two_reviewers_never_see_the_same_flag_and_leaving_gives_back(browse: Browse) -> None:
    project, ann, _ = flagged(6)
    bob = factories.member(project, Role.REVIEWER)
    one = browse(ann, path=address(project))
    number(one)
    mine = set(ReviewLease.objects.filter(user=ann).values_list("task_id", flat=True))
    two = browse(bob, path=address(project))
    assert Flag.objects.get(pk=number(two)).task_id not in mine
    one.goto("/")
    expect(one.get_by_role("heading", name="Your projects")).to_be_visible()
    two.wait_for_timeout(500)
    assert not ReviewLease.objects.filter(user=ann).exists()


def test_a_comment_is_written_without_leaving_the_keyboard(browse: Browse) -> None:
    project, ann, found = flagged(2)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    page.keyboard.press("c")
    page.keyboard.type("a question <b>about</b> this")
    page.keyboard.press("Enter")
    expect(card(page).locator("[data-comments]")).to_contain_text("a question <b>about</b> this")
    assert Comment.objects.get().author == ann
    page.keyboard.press("m")
    assert number(page) == found[1].pk


SEVERAL: dict[str, Any] = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["refund", "late", "rude"]},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ],
}


def test_several_labels_are_ticked_and_given(browse: Browse, violations: Check) -> None:
    project = factories.project(schema=SEVERAL)
    made = factories.tasks(project, 2)
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[made[0].pk], question="topics", value=["refund"]
    )
    flags.put_flag(task=made[0], reason=MANUAL, question="topics", note="<script>look</script>")
    flags.put_flag(task=made[1], reason=MANUAL, score=0.5, note="whole task")
    page = browse(factories.member(project, Role.REVIEWER), path=address(project))
    number(page)
    expect(card(page).get_by_text("<script>look</script>")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("r")
    expect(card(page).get_by_text("whole task")).to_be_visible()
    assert violations(page) == []
    card(page).get_by_label("late").check()
    card(page).get_by_label("Note").fill("came late")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    saved(page)
    values = {(label.task_id, label.question): label.value for label in Label.objects.filter(retired_at=None)}
    assert values == {
        (made[0].pk, "topics"): ["refund", "rude"],
        (made[1].pk, "topics"): ["late"],
        (made[1].pk, "note"): "came late",
    }
    expect(page.get_by_text("Nothing waits for review")).to_be_visible()


def test_many_at_once_with_one_way_back(browse: Browse, violations: Check) -> None:
    project, ann, found = flagged(30)
    page = browse(ann, path=address(project, view="project-review-grid"))
    expect(page.locator("[data-row]")).to_have_count(24)
    assert violations(page) == []
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 flag selected")).to_be_visible()
    page.get_by_role("button", name="Select all 24").click()
    expect(page.get_by_text("24 flags selected")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("24 flags took the suggested label.")).to_be_visible()
    expect(page.locator(".is-decided")).to_have_count(24)
    expect(page.get_by_text("24 flags selected")).to_be_hidden()
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 6
    assert {current(flag) for flag in found[:24]} == {"delivery"}
    assert violations(page) == []
    page.keyboard.press("z")
    expect(page.get_by_text("24 flags wait again.")).to_be_visible()
    expect(page.locator(".is-decided")).to_have_count(0)
    assert {current(flag) for flag in found} == {"billing"}

    # Some of them: the others keep their places, the marked one stays marked, counts go down at once.
    places = page.locator("[data-row]").evaluate_all("rows => rows.map(row => row.id)")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("s")
    expect(page.locator(".is-decided")).to_have_count(2)
    assert page.locator("[data-row]").evaluate_all("rows => rows.map(row => row.id)") == places
    expect(page.locator("#review-reasons .dc-count")).to_have_text("28")
    expect(page.locator("#review-pairs .dc-count")).to_have_text("28")
    expect(page.locator("#rail-flags")).to_have_text("28")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 flag selected")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.locator(".is-decided")).to_have_count(0)
    expect(page.locator("#rail-flags")).to_have_text("30")
    page.keyboard.press("n")
    expect(page.locator("[data-row]")).to_have_count(24)


def test_on_a_phone_in_the_dark(browse: Browse, violations: Check) -> None:
    project, ann, _ = flagged(5)
    for view in ("project-review", "project-review-grid"):
        page = browse(ann, path=address(project, view=view), phone=True, dark=True)
        page.wait_for_load_state("networkidle")
        assert wide(page) <= 0
        assert violations(page) == []
        page.context.close()
    page = browse(ann, path=address(project), phone=True)
    card(page).get_by_role("button", name="Take").tap()
    saved(page)
    assert Flag.objects.filter(state=FlagState.RESOLVED).count() == 1


def test_counts_go_down_while_one_decides(browse: Browse) -> None:
    project, ann, _ = flagged(8)
    page = browse(ann, path=address(project))
    tab, rail, line = (
        page.locator("#review-reasons .dc-count"),
        page.locator("#rail-flags"),
        page.locator("[data-count]"),
    )
    expect(line).to_have_text("8 flags wait")
    card(page).wait_for()
    page.keyboard.press("a")
    expect(line).to_have_text("1 decided · 7 flags wait")
    expect(tab).to_have_text("7")
    expect(rail).to_have_text("7")
    expect(line).to_have_text("1 decided · 7 flags wait")
    page.keyboard.press("z")
    expect(tab).to_have_text("8")
    expect(rail).to_have_text("8")
    expect(line).to_have_text("8 flags wait")
