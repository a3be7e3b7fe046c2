"""Decisions on their way: without a network, from a killed tab, refused, and from two tabs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from labeling.models import (
    BulkAct,
    Flag,
    FlagState,
    Label,
)
from labeling.reasons.decisions import Decision
from labeling.services import reviews
from labeling.services.reviews import Ruling
from tests.e2e.reviewing import (
    DECISIONS,
    Browse,
    address,
    current,
    decided,
    flagged,
    number,
    saved,
)


def test_decisions_made_without_a_network_arrive_once_it_is_back(browse: Browse) -> None:
    project, ann, found = flagged(3)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.keyboard.press("q")
    expect(page.locator("[data-save-state]")).to_have_text("Offline, 2 waiting")
    page.context.set_offline(False)
    saved(page)
    assert list(Flag.objects.order_by("score").values_list("resolution", flat=True)) == [
        "accept_suggestion", "quarantine", "",
    ]  # fmt: skip


@pytest.mark.parametrize("view", ["project-review", "project-review-grid"])
def test_decisions_survive_a_killed_tab_and_are_made_once(browse: Browse, view: str) -> None:
    project, ann, found = flagged(4)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk

    def lost(route: Route) -> None:
        # The first one reaches the server, and its answer gets lost; the others get nowhere.
        if str(found[0].pk) in route.request.url:
            route.fetch()
        route.abort()

    page.route(DECISIONS, lost)
    page.keyboard.press("a")
    page.keyboard.press("q")
    assert number(page) == found[2].pk
    page.keyboard.press("s")
    assert number(page) == found[3].pk
    expect(page.locator("[data-save-state]")).to_have_text("The server does not answer, 3 waiting")
    page.close(run_before_unload=False)
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 3

    page = page.context.new_page()
    page.goto(address(project, view=view))
    expect(page.locator("[data-flag]").first).to_be_attached()
    if view == "project-review":
        assert number(page) == found[3].pk
        assert decided(page) == ["accept_suggestion", "quarantine", "keep", ""]
    else:
        expect(page.locator("[data-row]")).to_have_count(1)
    assert BulkAct.objects.filter(verb="review").count() == 3
    assert current(found[0]) == "delivery"
    assert Label.objects.filter(task=found[0].task_id).count() == 2


def test_an_undo_survives_a_killed_tab_and_keeps_its_place(browse: Browse) -> None:
    project, ann, found = flagged(3)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    page.keyboard.press("a")
    saved(page)
    page.route(DECISIONS, lambda route: route.abort())
    page.keyboard.press("z")
    assert number(page) == found[0].pk
    expect(page.locator("[data-save-state]")).to_contain_text("1 waiting")
    # Decided anew on the label that the undo brings back.
    page.keyboard.press("3")
    assert number(page) == found[1].pk
    expect(page.locator("[data-save-state]")).to_contain_text("2 waiting")
    page.close(run_before_unload=False)

    page = page.context.new_page()
    page.goto(address(project))
    assert number(page) == found[1].pk
    assert decided(page) == ["relabel", "", ""]
    assert current(found[0]) == "other"


def test_a_decision_made_anew_survives_a_lost_reply_to_the_undo_before_it(browse: Browse) -> None:
    project, ann, found = flagged(2)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    page.keyboard.press("a")
    saved(page)
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method != "DELETE" or lost:
            return route.continue_()
        lost.append(route.fetch().text())
        return route.abort()

    page.route(DECISIONS, lose_the_first)
    page.keyboard.press("z")
    page.keyboard.press("3")
    assert number(page) == found[1].pk
    assert decided(page) == ["relabel", ""]
    assert len(lost) == 1
    assert current(found[0]) == "other"


def test_what_the_server_refuses_is_told_also_after_the_tab_was_killed(browse: Browse) -> None:
    project, ann, found = flagged(3)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    page.route(DECISIONS, lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("[data-save-state]")).to_contain_text("1 waiting")
    page.close(run_before_unload=False)
    manager = project.created_by
    reviews.decide(actor=manager, project=project, flag_ids=[found[0].pk], ruling=Ruling(Decision.KEEP))

    page = page.context.new_page()
    page.goto(address(project))
    assert number(page) == found[1].pk
    expect(page.get_by_text("could not be saved: This flag is closed already")).to_be_visible()
    assert decided(page) == ["keep", "", ""]
    page.reload()
    assert number(page) == found[1].pk
    page.wait_for_timeout(3_500)
    expect(page.get_by_text("could not be saved")).to_have_count(0)


def test_decisions_of_two_tabs_are_sent_in_order_and_once(browse: Browse) -> None:
    project, ann, found = flagged(8)
    one = browse(ann, path=address(project))
    first = number(one)
    one.context.set_offline(True)
    one.keyboard.press("a")
    expect(one.locator("[data-save-state]")).to_have_text("Offline, 1 waiting")
    two = one.context.new_page()
    one.context.set_offline(False)
    two.goto(address(project))
    assert number(two) != first
    two.keyboard.press("a")
    saved(one)
    saved(two)
    assert Flag.objects.filter(resolution="accept_suggestion").count() == 2
    assert BulkAct.objects.filter(verb="review").count() == 2
    assert {flag.pk for flag in found} > set(Flag.objects.exclude(state=FlagState.OPEN).values_list("pk", flat=True))
