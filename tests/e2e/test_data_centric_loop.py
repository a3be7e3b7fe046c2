"""The loop that the product is for, by keyboard: check, review what it found, look at the history, see the gain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Flag, Label, LabelSource, Project, User
from quality.models import Gain
from tests import factories
from tests.quality.services import making

WRONG = 30


@pytest.fixture
def manager(site: str) -> User:
    return factories.user("ann@example.org", name="Ann Onymous")


@pytest.fixture
def project(manager: User) -> Project:
    """Make a project with known wrong labels and a test split without any."""
    made = factories.project(manager=manager)
    tasks = making.messages(made, 180)
    making.label(tasks[:WRONG], [making.LABELS[(place + 1) % 3] for place in range(WRONG)])
    making.messages(made, 60, split="test", start=500)
    return made


def check(page: Page, project: Project, worker: Callable[[], None], *, reads: str) -> None:
    """Start the check with its key and follow it to its end."""
    page.goto(f"/p/{project.slug}/quality/")
    page.get_by_role("button", name="Run the check now").first.wait_for()
    page.keyboard.press("r")
    expect(page.locator("[data-job]").get_by_text("Waiting", exact=True)).to_be_visible()
    worker()
    expect(page.locator("[data-job]")).to_have_count(0, timeout=60_000)
    expect(page.locator("main")).to_contain_text(reads)


@pytest.mark.timeout(300)
def test_check_review_history_and_gain_by_keyboard(
    browse: Callable[..., Page], project: Project, manager: User, worker: Callable[[], None]
) -> None:
    page = browse(manager)
    check(page, project, worker, reads="Likely wrong labels")
    before = Gain.objects.get()

    page.goto(f"/p/{project.slug}/review/?reason=label_error")
    decided: list[int] = []
    for _ in range(20):
        card = page.locator(".dc-review-card:visible")
        expect(card).to_have_count(1)
        decided.append(int(card.get_attribute("data-flag") or 0))
        page.keyboard.press("a")
        expect(page.locator(f"[data-flag='{decided[-1]}']")).to_be_hidden()
    expect(page.locator("[data-save-state]")).to_have_text("Saved")
    flags = Flag.objects.in_bulk(decided)
    assert {flag.resolution for flag in flags.values()} == {"accept_suggestion"}
    assert Label.objects.filter(project=project, source=LabelSource.REVIEW, created_by=manager).count() == 20

    task = flags[decided[0]].task_id
    page.goto(f"/p/{project.slug}/tasks/{task}/")
    expect(page.locator("#history")).to_contain_text("the suggested label was taken, by Ann Onymous")

    check(page, project, worker, reads="Likely wrong labels")
    after = Gain.objects.latest("run_id")
    assert after.test_fingerprint == before.test_fingerprint
    assert after.corrections == before.corrections + 20
    assert after.log_loss < before.log_loss

    page.goto(f"/p/{project.slug}/")
    gain = page.locator("#gain-panel")
    expect(gain).to_contain_text("20 corrections")
    gain.get_by_text("Show data").click()
    expect(gain.get_by_role("row")).to_have_count(3)
