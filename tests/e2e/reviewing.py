"""What the browser tests of the review page share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from labeling.models import (
    Flag,
    Label,
    Project,
    Role,
    User,
)
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import flags, tasks
from tests import factories
from tests.quality.services import making

Browse = Callable[..., Page]
Check = Callable[[Page], list[str]]
DECISIONS = "**/api/flags/*/resolution/"


def address(project: Project, query: str = "", *, view: str = "project-review") -> str:
    return reverse(view, args=(project.slug,)) + (f"?{query}" if query else "")


def checked(wrong: int = 30) -> tuple[Project, User]:
    """Make a project with wrong labels that a run of the pipeline has found, and a reviewer."""
    project = factories.project()
    made = making.messages(project, 240)
    topics = making.LABELS
    mistaken = [topics[(number + 1) % 3] for number in range(wrong)]
    making.label(made[:wrong], mistaken)
    making.run(project)
    return project, factories.member(project, Role.REVIEWER, name="Ann Onymous")


def flagged(count: int, **schema: Any) -> tuple[Project, User, list[Flag]]:
    """Make labeled tasks with a flag each, as a scan makes them, and a reviewer."""
    project = factories.project(**schema)
    made = factories.tasks(project, data=[{"text": f"Message {number}"} for number in range(1, count + 1)])
    ids = [task.pk for task in made]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="intent", value="billing")
    labels = dict(Label.objects.filter(task__in=ids, retired_at=None).values_list("task_id", "pk"))
    findings = [
        flags.Finding(
            task_id=task.pk,
            reason=LABEL_ERROR,
            score=place / 100,
            evidence=LABEL_ERROR.evidence(
                label=labels[task.pk], given="billing", suggested="delivery", probability=0.9
            ),
        )
        for place, task in enumerate(made)
    ]
    flags.sync_flags(project=project, question="intent", reasons=[LABEL_ERROR], findings=findings, actor=None)
    found = list(Flag.objects.filter(project=project).order_by("score"))
    return project, factories.member(project, Role.REVIEWER, name="Ann Onymous"), found


def card(page: Page) -> Locator:
    """Return the card on the screen."""
    return page.locator(".dc-review-card:visible")


def number(page: Page) -> int:
    """Return which flag is on the screen."""
    expect(card(page)).to_have_count(1)
    return int(card(page).get_attribute("data-flag") or 0)


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_text("Saved")


def current(flag: Flag) -> Any:
    return Label.objects.get(task_id=flag.task_id, question="intent", retired_at=None).value


def decided(page: Page) -> list[str]:
    """Return what was decided about the flags, the worst first, once all is saved."""
    saved(page)
    return list(Flag.objects.order_by("score").values_list("resolution", flat=True))
