"""Where the figures of this app lead: to the flags, tasks and labels behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from labeling.models import Project


def flags(project: Project, *, reviewer: bool, question: str, reason: str, given: str = "", suggested: str = "") -> str:
    """Return where open flags are: the review for those who decide them, the task list for all others."""
    if reviewer:
        wanted = {"reason": reason, "question": question, "given": given, "suggested": suggested}
        try:
            return f"{reverse('project-review', args=(project.slug,))}?{_query(wanted)}"
        except NoReverseMatch:
            pass
    wanted = {"flag": reason, f"label.{question}": f"is:{given}" if given else ""}
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query(wanted)}"


def labeled(project: Project, *, question: str, label: str, split: str = "") -> str:
    """Return where the tasks with a label are."""
    wanted = {f"label.{question}": f"is:{label}", "split": split}
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query(wanted)}"


def _query(wanted: dict[str, str]) -> str:
    return urlencode({name: value for name, value in wanted.items() if value})
