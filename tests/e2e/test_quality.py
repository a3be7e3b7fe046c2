"""The quality page in a browser: one click, progress, figures, and from a cell of the matrix to its flags."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Flag, LabelSource, Project
from labeling.reasons.label_error import LABEL_ERROR
from labeling.selectors import versions as version_reads
from labeling.services import projects
from labeling.services.jobs import PROGRESS_SECONDS
from quality.models import Run
from quality.services.pipeline import chain
from tests import factories
from tests.e2e.conftest import PHONE, wide
from tests.quality.services import making

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(site: str) -> Project:
    """Make a project with some wrong labels and a confirmed test split."""
    made = factories.project(manager=factories.user("ann@example.org", is_superuser=True))
    labeled = making.messages(made, 60)
    making.label(labeled[:6], ["other", "billing", "delivery"] * 2)
    making.messages(made, 30, split="test", start=500)
    return made


@pytest.mark.timeout(240)
def test_from_one_click_to_the_flags_behind_a_cell(
    browse: Callable[..., Page], project: Project, worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    issues = chain.WORK["issues"]

    def waits(context: Any) -> None:
        time.sleep(PROGRESS_SECONDS)  # a word right after another one is not written
        context.progress(1, 10, "Looking for neighbors")
        go_on.wait(60)
        issues(context)

    monkeypatch.setitem(chain.WORK, "issues", waits)
    page = browse(project.created_by, path=f"/p/{project.slug}/quality/")
    expect(page.get_by_text("appear here after the first check")).to_be_visible()
    page.get_by_role("button", name="Run the check now").first.click()

    card = page.locator("[data-job]")
    expect(card.get_by_text("Waiting", exact=True)).to_be_visible()
    worker()
    expect(card.get_by_text("Looking for neighbors")).to_be_visible(timeout=60_000)
    expect(card.locator("[aria-current=step]")).to_have_text("Looking for issues")
    expect(card.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("button", name="Run the check now")).to_have_count(0)
    go_on.set()

    # The page comes back by itself with what was found.
    matrix = page.locator(".dc-matrix")
    expect(matrix).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Likely wrong labels")).to_be_visible()
    flag = Flag.objects.filter(reason=LABEL_ERROR.name, evidence__given="other").first()
    assert flag is not None
    matrix.get_by_role("link", name=f"given other, suggested {flag.evidence['suggested']}").click()
    page.wait_for_url("**/review/?reason=label_error&question=intent&given=other&suggested=*")
    expect(page.locator("main")).to_contain_text("other")


@pytest.mark.timeout(240)
def test_the_gain_is_drawn_on_the_overview_and_read_without_a_mouse(
    browse: Callable[..., Page], project: Project, violations: Callable[[Page], list[str]]
) -> None:
    making.run(project)
    wrong = list(project.tasks.order_by("pk")[:6])
    making.label(wrong, making.LABELS * 2, source=LabelSource.REVIEW)
    making.run(project)
    making.label(list(project.tasks.order_by("pk")[6:7]), ["other"], source=LabelSource.REVIEW)
    assert Run.objects.filter(completed_at__isnull=False).count() == 2

    page = browse(project.created_by, path=f"/p/{project.slug}/")
    gain = page.locator("#gain-panel")
    expect(gain.get_by_role("img")).to_have_count(3)
    expect(gain).to_contain_text("after 6 corrections")
    expect(gain).to_contain_text("1 correction since the last check")
    by_labels = gain.get_by_role("button", name="By labels")
    by_labels.focus()
    by_labels.press("Enter")
    expect(page.locator("#gain-panel").get_by_role("button", name="By labels")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#gain-panel").get_by_role("img").first).to_have_accessible_name(
        "Log-loss against labels learned from; the figures are under Show data"
    )
    page.locator("#gain-panel").get_by_text("Show data").click()
    expect(page.locator("#gain-panel").get_by_role("row")).to_have_count(3)
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        assert violations(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of the two sizes
    assert wide(page) <= 0


def test_a_full_quality_page_has_nothing_that_wcag_forbids(
    browse: Callable[..., Page], project: Project, violations: Callable[[Page], list[str]]
) -> None:
    # More labels than a phone is wide, in words that do not break.
    body = version_reads.schema(project.pk).dump()
    body["questions"][0]["labels"] = [
        label | {"title": f"{label['title']} {'x' * 40}"} for label in body["questions"][0]["labels"]
    ]
    projects.revise_schema(actor=project.created_by, project=project, schema=body)
    making.run(project)
    page = browse(project.created_by, path=f"/p/{project.slug}/quality/")
    page.wait_for_load_state("networkidle")
    for details in page.locator("details.dc-more").all():
        details.locator("summary").click()
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        assert violations(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of the two sizes
    assert wide(page) <= 0
