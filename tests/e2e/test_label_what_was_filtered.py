"""From a filtered list to the label page, and on until nothing of it is left, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from labeling.models import Role
from tests import factories
from tests.e2e.labeling import Browse, answer, item


def test_a_filtered_list_is_labeled_to_its_end_and_stays_so_when_reloaded(browse: Browse) -> None:
    project = factories.project()
    factories.tasks(project, data=[{"text": f"{word} {n}"} for n in (1, 2, 3) for word in ("parcel", "refund")])
    page = browse(factories.member(project, Role.ANNOTATOR), path=f"/p/{project.slug}/tasks/?q=refund&state=open")
    page.locator("[data-explorer][data-ready]").wait_for()

    page.get_by_role("link", name="Label these 3").click()
    only = page.locator("[data-only]")
    expect(only).to_contain_text("Only: contains “refund”, not labeled yet")
    expect(item(page)).to_have_text("refund 1")
    expect(page.locator(".ed-progress")).to_contain_text("3 left")
    assert answer(page, "1") == "refund 1"
    expect(page.locator("[data-save-state]")).to_have_text("Saved")
    page.reload()
    expect(item(page)).to_have_text("refund 2")
    expect(only).to_be_visible()
    page.keyboard.press("j")
    expect(item(page)).to_have_text("refund 3")
    page.keyboard.press("k")
    assert answer(page, "1") == "refund 2"
    assert answer(page, "2") == "refund 3"

    expect(page.get_by_role("heading", name="Nothing left of these for you to label")).to_be_visible()
    page.get_by_role("link", name="Label everything else").click()
    expect(item(page)).to_have_text("parcel 1")
    expect(only).to_have_count(0)
