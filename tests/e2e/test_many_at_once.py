"""Many at once: select, one key answers all that is selected, Z brings all of it back."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from labeling.models import Annotation, AnnotationState, Lease, Project, User
from tests import factories
from tests.e2e.labeling import SAVES, Browse, answers, make, saved

MANY = 200


def address(project: Project) -> str:
    return reverse("project-label-many", args=(project.slug,))


def many_page(
    browse: Browse, project: Project, person: User, screen: ViewportSize | None = None, **options: Any
) -> Page:
    page = browse(person, path="/profile/" if screen else address(project), **options)
    if screen:
        page.set_viewport_size(screen)
        page.goto(address(project))
    expect(tiles(page).first).to_be_visible()
    return page


def tiles(page: Page) -> Locator:
    return page.locator("[data-tile]")


def tile(page: Page, text: str) -> Locator:
    """Return the item with exactly this text."""
    return tiles(page).filter(has=page.get_by_text(text, exact=True))


def selected(page: Page) -> Locator:
    return page.locator("[data-selected-count]")


def told(page: Page) -> Locator:
    return page.locator("[data-told]")


def test_select_answer_skip_and_undo_with_the_keyboard(browse: Browse) -> None:
    project, person = make(8)
    page = many_page(browse, project, person)
    expect(tiles(page)).to_have_count(8)
    expect(page.locator("[data-why=queue]")).to_be_visible()

    # Nothing selected: a key answers nothing, and says so.
    page.keyboard.press("1")
    expect(told(page)).to_contain_text("Select items first")

    expect(tile(page, "Message 1").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    tile(page, "Message 4").click(modifiers=["Shift"])
    expect(selected(page)).to_have_attribute("data-selected-count", "4")
    tile(page, "Message 2").click()
    expect(selected(page)).to_have_attribute("data-selected-count", "3")
    page.keyboard.press("2")
    expect(told(page)).to_have_text("3 items: delivery")
    expect(tiles(page)).to_have_count(5)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {"Message 1": "delivery", "Message 3": "delivery", "Message 4": "delivery"}

    # Undo brings all of them back, where they stood and selected as they were; the server knows.
    page.keyboard.press("z")
    expect(tiles(page)).to_have_text([re.compile(rf"Message {number}$") for number in range(1, 9)])
    expect(selected(page)).to_have_attribute("data-selected-count", "3")
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {}
    assert Lease.objects.filter(user=person).count() == 8

    page.keyboard.press("1")
    expect(told(page)).to_have_text("3 items: billing")
    # All that is left is skipped, with a reason.
    page.keyboard.press("a")
    expect(selected(page)).to_have_attribute("data-selected-count", "5")
    page.keyboard.press("s")
    expect(page.locator("[data-skip-reasons]")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("Nothing left for you to label here")).to_be_visible()
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == dict.fromkeys(("Message 1", "Message 3", "Message 4"), "billing")
    skipped = Annotation.objects.filter(project=project, state=AnnotationState.SKIPPED)
    assert skipped.count() == 5
    assert len(set(skipped.values_list("skip_reason", flat=True))) == 1
    assert not Lease.objects.filter(user=person).exists()


def test_what_is_refused_comes_back_and_what_could_not_be_sent_waits(browse: Browse) -> None:
    project, person = make(4)
    page = many_page(browse, project, person)
    expect(tiles(page)).to_have_count(4)
    refused = project.tasks.get(data__text="Message 2").pk

    def refuse(route: Route) -> None:
        if f"/tasks/{refused}/" in route.request.url:
            body = '{"title": "Not valid", "detail": "This label is not on offer any more."}'
            route.fulfill(status=422, content_type="application/problem+json", body=body)
        else:
            route.fallback()

    page.route(SAVES, refuse)
    page.keyboard.press("a")
    page.keyboard.press("1")
    expect(tile(page, "Message 2")).to_contain_text("Not accepted: This label is not on offer any more.")
    expect(saved(page)).to_have_text("Saved")
    assert set(answers(project)) == {"Message 1", "Message 3", "Message 4"}

    # The tab dies while the network is away: the answer is sent by the next page.
    page.unroute(SAVES)
    page.context.set_offline(True)
    tile(page, "Message 2").click()
    page.keyboard.press("3")
    expect(saved(page)).to_have_text("Offline, 1 waiting")
    page.close()
    again = page.context.new_page()
    page.context.set_offline(False)
    again.goto(address(project))
    expect(again.get_by_text("Nothing left for you to label here")).to_be_visible()
    expect(saved(again)).to_have_text("Saved")
    assert answers(project)["Message 2"] == "other"


def test_by_touch_on_a_phone(browse: Browse, violations: Any) -> None:
    project, person = make(30)
    page = many_page(browse, project, person, phone=True)
    tile(page, "Message 1").tap()
    tile(page, "Message 3").tap()
    expect(tile(page, "Message 3").get_by_role("checkbox")).to_be_checked()
    assert violations(page) == []
    bar = page.locator("[data-bar]").bounding_box()
    tabs = page.locator(".dc-rail").bounding_box()
    assert bar
    assert tabs
    assert bar["y"] + bar["height"] <= tabs["y"] + 1
    page.locator("[data-label=other]").tap()
    expect(told(page)).to_have_text("2 items: other")
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {"Message 1": "other", "Message 3": "other"}


@pytest.mark.timeout(240)
def test_two_hundred_answers_by_keys(browse: Browse) -> None:
    """What is alike is most often one label: count the presses for 200 answers, of which one by one takes 200."""
    kinds = ["delivery" if number % 10 == 7 else "billing" for number in range(MANY)]
    project = factories.project()
    factories.tasks(project, data=[{"text": f"{kind} message {number}"} for number, kind in enumerate(kinds)])
    page = many_page(browse, project, factories.member(project), screen={"width": 1920, "height": 1080})
    presses, began = 0, time.monotonic()

    def press(*keys: str) -> None:
        nonlocal presses
        for key in keys:
            presses += 1
            page.keyboard.press(key)

    given = 0
    while given < MANY:
        expect(page.locator(".many")).to_have_attribute("aria-busy", "false")
        here = tiles(page).all_inner_texts()
        others = [at for at, text in enumerate(here) if text.startswith("delivery")]
        columns = len(page.locator("[data-tiles]").evaluate("e => getComputedStyle(e).gridTemplateColumns").split())
        at = 0
        for place in others:
            down, right = place // columns - at // columns, place % columns - at % columns
            press(*["ArrowDown"] * down, *["ArrowRight" if right > 0 else "ArrowLeft"] * abs(right), "Space")
            at = place
        if others:
            press("2")
            expect(tiles(page)).to_have_count(len(here) - len(others))
        press("a", "1")
        expect(told(page)).to_have_text(f"{len(here) - len(others)} items: billing")
        given += len(here)
    expect(page.get_by_text("Nothing left for you to label here")).to_be_visible()
    expect(saved(page)).to_have_text("Saved", timeout=60_000)
    said = list(answers(project).values())
    assert (said.count("billing"), said.count("delivery")) == (kinds.count("billing"), kinds.count("delivery"))
    print(f"{presses} presses, {time.monotonic() - began:.1f} s for {MANY} answers")  # noqa: T201 - for docs/labeling.md
    assert presses < MANY * 0.7
