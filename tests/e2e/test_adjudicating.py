"""Adjudication by keys alone: take an answer, several are valid, undo; accessible, and within a phone's width."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from labeling.models import Adjudication, Label, Role
from tests import factories
from tests.e2e.conftest import PHONE, wide
from tests.e2e.reviewing import address
from tests.quality.agreement.crowds import crowd, measured

Browse = Callable[..., Page]


def test_tasks_are_decided_by_keys_and_names_are_shown_afterwards(
    browse: Browse, violations: Callable[[Page], list[str]]
) -> None:
    project, (first, second), _ = crowd("billing billing", "delivery billing", "other delivery")
    measured(project)
    page = browse(
        factories.member(project, Role.REVIEWER, name="Rae"), path=address(project, view="project-adjudicate")
    )
    assert violations(page) == []
    page.keyboard.press("g")
    shown = page.locator(f"[data-adjudicate='{first.pk}']")
    expect(shown.get_by_text("Person 1")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert wide(page) <= 0
    page.keyboard.press("2")
    expect(page.locator(f"[data-adjudicate='{second.pk}']")).to_be_visible()
    expect(page.locator("[data-last-decision]")).to_contain_text("Cleo")
    made = Adjudication.objects.get(task=first)
    assert made.label == Label.objects.get(task=first, retired_at=None)
    page.keyboard.press("v")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(f"[data-adjudicate='{second.pk}']")).to_be_visible()
    assert [each.task_id for each in Adjudication.objects.filter(taken_back_at=None)] == [first.pk]
