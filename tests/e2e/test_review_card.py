"""The review card on a desk and on a phone: the item, the labels and the decisions on one screen."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from labeling.models import Flag, Project
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import projects
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.reviewing import Browse, address, card, checked, current, flagged, number, saved


def pair(project: Project) -> str:
    """Return what a cell of the matrix asks for: a given label and a suggested one."""
    evidence = Flag.objects.filter(project=project, reason=LABEL_ERROR.name).earliest("score").evidence
    asked = {"reason": LABEL_ERROR.name, "question": "intent"}
    return urlencode({**asked, "given": evidence["given"], "suggested": evidence["suggested"]})


def box(place: Locator) -> FloatRect:
    expect(place).to_be_visible()
    found = place.bounding_box()
    assert found is not None
    return found


def is_inside(page: Page, place: Locator, *, below: float = 0) -> bool:
    """Return whether a part of the page is on the screen, all of it."""
    found, size = box(place), page.viewport_size
    assert size is not None
    return (
        found["x"] >= 0
        and found["y"] >= 0
        and found["x"] + found["width"] <= size["width"]
        and found["y"] + found["height"] <= size["height"] - below
    )


def ends(place: Locator) -> float:
    found = box(place)
    return found["y"] + found["height"]


@pytest.mark.timeout(240)
def test_a_card_from_a_cell_of_the_matrix_fits_on_a_desk_and_on_a_phone(browse: Browse) -> None:
    project, ann = checked()
    page = browse(ann, path=address(project, pair(project)))
    saved(page)
    shown = card(page)
    expect(shown.get_by_label("Most like it").locator("li")).to_have_count(6)
    item, decisions = shown.get_by_label("Item", exact=True), shown.locator(".dc-review-decisions")
    assert page.viewport_size == DESKTOP
    for part in (item, shown.get_by_label("Given label"), shown.get_by_label("Suggested label"), decisions):
        assert is_inside(page, part)
    near = shown.get_by_label("Most like it")
    assert ends(near) <= box(decisions)["y"]
    assert ends(item) <= box(decisions)["y"]
    assert box(near)["y"] < box(shown.get_by_label("What the model says"))["y"]

    phone = browse(ann, path=address(project, pair(project)), phone=True)
    saved(phone)
    shown = card(phone)
    assert phone.viewport_size == PHONE
    bar = PHONE["height"] - box(phone.locator(".dc-rail"))["y"]
    text, decisions = shown.locator(".dc-item-block"), shown.locator(".dc-review-decisions")
    assert is_inside(phone, text, below=bar)
    assert is_inside(phone, decisions, below=bar)
    assert ends(text) <= box(decisions)["y"]
    for button in decisions.locator("button:visible").all():
        assert is_inside(phone, button, below=bar)
    # Other labels come out of their button, and still do not cover the item's first line.
    another = shown.get_by_role("button", name="Another", exact=True)
    expect(shown.get_by_label("Give another label")).to_be_hidden()
    another.click()
    for button in shown.get_by_label("Give another label").get_by_role("button").all():
        assert is_inside(phone, button, below=bar)


def test_who_decides_first_sees_what_is_suggested_afterwards_and_may_change_their_mind(browse: Browse) -> None:
    project, ann, found = flagged(3)
    projects.update(actor=project.created_by, project=project, decide_first=True)
    page = browse(ann, path=address(project))
    assert number(page) == found[0].pk
    expect(card(page).get_by_text("Decide first")).to_be_visible()
    expect(card(page).get_by_label("Suggested label")).to_have_count(0)
    page.keyboard.press("s")
    expect(card(page).get_by_label("Suggested label")).to_contain_text("delivery")
    assert number(page) == found[0].pk
    expect(card(page).get_by_text("Go on with J, or decide anew.")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(f"[data-flag='{found[1].pk}']")).to_be_visible()
    saved(page)
    flag = Flag.objects.get(pk=found[0].pk)
    assert flag.resolution == "accept_suggestion"
    assert flag.first_choice == {"decision": "keep", "answer": "billing"}
    assert current(flag) == "delivery"
