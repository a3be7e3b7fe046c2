"""The door: signing in and out by keyboard."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import factories


def test_a_person_signs_in_and_out_by_keyboard(browse: Callable[..., Page], site: str) -> None:
    factories.user("ann@example.org", password=factories.PASSWORD, name="Ann")
    page = browse(path="/me/")

    expect(page).to_have_title("Sign in · dcai")
    page.keyboard.type("Ann@Example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/me/")

    page.locator("summary[title=Ann]").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page).to_have_title("Sign in · dcai")
