"""The second factor in a browser: set up with the key on the page, then asked for at the sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e.conftest import PHONE, wide


def code_of(secret: str, *, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def faults(page: Page, violations: Callable[..., list[str]]) -> list[str]:
    """Return what is wrong with the page in light, in dark and on a phone."""
    found: list[str] = []
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        found += violations(page, colors_only=theme == "dark")
    size = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of the two sizes
    if wide(page):
        found.append("wider than a phone")
    assert size is not None
    page.set_viewport_size(size)
    return found


def test_a_person_sets_it_up_and_signs_in_with_it(
    browse: Callable[..., Page], violations: Callable[..., list[str]]
) -> None:
    person = factories.user(password=factories.PASSWORD)
    page = browse(person)
    page.goto("/me/")
    page.get_by_role("link", name="Set it up").click()
    secret = page.get_by_label("Key", exact=True).input_value()
    expect(page.get_by_role("img", name="The key below")).to_be_visible()
    assert page.evaluate("document.querySelector('img.dc-qr').naturalWidth") > 0
    assert faults(page, violations) == []
    page.get_by_label("Current password").fill(factories.PASSWORD)
    page.get_by_label("Code that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("Your recovery codes")).to_be_visible()
    recovery = page.locator(".dc-codes code").first.inner_text()
    assert faults(page, violations) == []
    page.context.clear_cookies()

    page.goto("/login/?next=/me/")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    assert faults(page, violations) == []
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Profile and tokens")).to_be_visible()
