"""Keys of actions are changed on the label page and on a page of their own, and hold at once."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.labeling import Browse, item, label, label_page, make, saved


def give(page: Page, action: str, key: str) -> None:
    """Press a key for an action, and wait until the server keeps it."""
    row(page, action).get_by_role("button").first.click()
    with page.expect_response("**/api/me/") as told:
        page.keyboard.press(key)
    assert told.value.ok


def row(page: Page, action: str) -> Locator:
    return page.locator(f"[data-action={action}]")


def test_a_person_changes_keys_while_labeling(browse: Browse) -> None:
    project, person = make(5)
    page = label_page(browse, project, person)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this page")
    dialog.get_by_role("button", name="Change keys").click()
    expect(row(page, "zoom_in")).to_have_count(0)
    give(page, "next", "n")
    give(page, "submit", "j")
    give(page, "undo", "n")
    expect(page.locator("[data-told]")).to_have_text(
        "N: Undo, across items too; “Next item” has Z now.", use_inner_text=True
    )
    row(page, "skip").get_by_role("button").first.click()
    page.keyboard.press("5")
    expect(page.locator("[data-told]")).to_contain_text("digits answer")
    row(page, "skip").get_by_role("button").first.click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Back to all keys").click()
    expect(dialog.locator("dt", has_text="Enter").filter(has_not_text="Ctrl")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    expect(page.get_by_role("button", name="Submit")).to_contain_text("J")
    first = item(page).inner_text()
    page.keyboard.press("1")
    expect(label(page, "billing")).to_be_checked()
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    expect(item(page)).not_to_have_text(first)
    expect(saved(page)).to_have_text("Saved")
    page.keyboard.press("n")
    expect(item(page)).to_have_text(first)

    page.goto(page.url.split("/p/")[0] + "/me/keys/")
    expect(row(page, "submit").locator("kbd")).to_have_text("J")
    with page.expect_response("**/api/me/"):
        row(page, "submit").get_by_role("button", name="Reset").click()
    expect(row(page, "submit").locator("kbd")).to_have_text("Enter")
    with page.expect_response("**/api/me/"):
        page.locator("[data-reset-all]").click()
    expect(row(page, "undo").locator("kbd")).to_have_text("Z")
    page.reload()
    expect(row(page, "next").locator("kbd")).to_have_text("J")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of the two sizes
    expect(row(page, "next").locator("kbd")).to_be_visible()


def test_an_answers_own_key_is_kept_from_an_action(browse: Browse) -> None:
    labels = [{"name": "no", "key": "n"}, {"name": "yes", "key": "y"}]
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "intent", "kind": "choice", "field": "text", "labels": labels}],
    }
    project, person = make(3, schema=schema)
    page = label_page(browse, project, person)
    page.keyboard.press("?")
    page.get_by_role("button", name="Change keys").click()
    give(page, "next", "n")
    expect(row(page, "next")).to_contain_text("N answers “no” in this project: here J does this.")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    expect(label(page, "no")).to_be_checked()
    first = item(page).inner_text()
    page.keyboard.press("j")
    expect(item(page)).not_to_have_text(first)
