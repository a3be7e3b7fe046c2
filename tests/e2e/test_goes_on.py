"""A key answers and goes on: one press an item, taken back with Z, never meant for the item after."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Project, User
from labeling.services import preferences
from tests.e2e.labeling import Browse, answers, item, label, label_page, make, saved

MANY = 100


def going_on(browse: Browse, count: int) -> tuple[Project, User, Page]:
    project, person = make(count)
    preferences.choose_ways(user=person, goes_on=True)
    return project, person, label_page(browse, project, person)


def seen(page: Page) -> str:
    """Wait until the item on the screen takes answers, as it does once a person can have seen it; return its text."""
    text = item(page).inner_text()
    page.evaluate("() => new Promise((then) => setTimeout(then, 160))")
    return text


@pytest.mark.timeout(240)
def test_a_hundred_answers_are_a_hundred_presses(browse: Browse) -> None:
    project, _, page = going_on(browse, MANY)
    for number in range(MANY):
        text = seen(page)
        page.keyboard.press("123"[number % 3])
        expect(item(page).get_by_text(text, exact=True)).to_have_count(0)
    expect(saved(page)).to_have_text("Saved")
    given = list(answers(project).values())
    assert len(given) == MANY
    assert {name: given.count(name) for name in set(given)} == {"billing": 34, "delivery": 33, "other": 33}


def test_a_double_press_answers_one_item_and_z_brings_it_back(browse: Browse) -> None:
    project, _, page = going_on(browse, 5)
    first = seen(page)
    page.evaluate(
        "() => { for (const _ of [1, 2]) document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: '1', code: 'Digit1', bubbles: true, cancelable: true})) }"
    )
    expect(page.locator("[data-answered]")).to_contain_text("billing", ignore_case=True)
    expect(item(page)).not_to_have_text(first)
    expect(saved(page)).to_have_text("Saved")
    assert list(answers(project)) == [first]

    page.keyboard.press("z")
    expect(item(page)).to_have_text(first)
    expect(label(page, "billing")).to_be_checked()
    seen(page)
    label(page, "delivery").click()
    expect(item(page)).not_to_have_text(first)
    expect(saved(page)).to_have_text("Saved")
    assert answers(project) == {first: "delivery"}


def test_a_person_switches_it_on_and_it_is_so_on_the_next_page(browse: Browse) -> None:
    project, person = make(5)
    page = label_page(browse, project, person)
    with page.expect_response("**/api/me/") as told:
        page.get_by_label("A key goes on").check()
    assert told.value.status == 200
    first = seen(page)
    page.keyboard.press("2")
    expect(item(page)).not_to_have_text(first)
    expect(saved(page)).to_have_text("Saved")
    page.reload()
    expect(page.get_by_label("A key goes on")).to_be_checked()
    assert answers(project) == {first: "delivery"}

    # A note that is being written is not cut off.
    page.keyboard.press("c")
    page.get_by_role("textbox").fill("Half a")
    item(page).click()
    second = seen(page)
    page.keyboard.press("1")
    expect(label(page, "billing")).to_be_checked()
    expect(item(page)).to_have_text(second)
    expect(page.get_by_role("textbox")).to_have_value("Half a")
