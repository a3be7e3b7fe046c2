"""The frame on a phone: four tabs, and a sheet with the rest; and where an annotator begins."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e.conftest import wide


def test_the_rest_of_the_pages_is_a_key_away(browse: Callable[..., Page], violations: Callable[..., list[str]]) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    page = browse(project.created_by, path=f"/p/{project.slug}/", phone=True)
    bar = page.get_by_role("navigation", name=project.name)
    more, people = bar.locator("summary"), bar.get_by_role("link", name="People")
    expect(bar.get_by_role("link")).to_have_text(["Overview", "Label2", "Tasks", "Review"])
    expect(people).to_be_hidden()

    more.focus()
    page.keyboard.press("Enter")
    expect(people).to_be_visible()
    expect(people).to_contain_text("1")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(people).to_be_hidden()
    expect(more).to_be_focused()

    page.keyboard.press("Enter")
    for name in ("My answers", "Quality", "Agreement", "People"):
        page.keyboard.press("ArrowDown")
        expect(bar.get_by_role("link", name=name)).to_be_focused()
    expect(people).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    more.click()
    expect(bar.locator(".dc-rail-more [aria-current=page]")).to_have_text("People 1")


def test_an_annotator_begins_with_one_key(browse: Callable[..., Page], violations: Callable[..., list[str]]) -> None:
    project = factories.project()
    factories.tasks(project, 2)
    page = browse(factories.member(project), path=f"/p/{project.slug}/", phone=True)
    expect(page.get_by_role("heading", name="What you are asked")).to_be_visible()
    assert wide(page) == 0
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        assert violations(page) == []
    page.keyboard.press("l")
    expect(page.locator("[data-item]")).to_be_visible()
