"""Where the figures of this app lead: to the flags, tasks and labels behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from labeling.models import LabelSource
from labeling.selectors.explorer import MAX_CHOSEN, Flagged, Several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.models import Project


def flags(
    project: Project,
    *,
    question: str,
    reason: str,
    given: str = "",
    suggested: str = "",
    split: str = "",
) -> str:
    """Return where open flags are decided; where reviewers decide first, whatever is suggested."""
    unhidden = "" if project.decide_first else suggested
    wanted = {"reason": reason, "question": question, "given": given, "suggested": unhidden, "split": split}
    return f"{reverse('project-review', args=(project.slug,))}?{_query(wanted)}"


def labeled(project: Project, *, question: str, label: str, split: str = "") -> str:
    """Return where the tasks with a label are."""
    wanted = {f"label.{question}": f"is:{label}", "split": split}
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query(wanted)}"


def flagged(project: Project, *, question: str, reason: str, given: str = "", suggested: str = "") -> str:
    """Return where the tasks are that a reason was raised for, those that were decided too."""
    unhidden = "" if project.decide_first else suggested
    asked = Flagged(reason, question=question, given=given, suggested=unhidden)
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query({'flag': str(asked)})}"


def chosen(project: Project, tasks: Sequence[int]) -> str:
    """Return where these tasks are, as many of them as an address can name."""
    named = ",".join(map(str, tasks[:MAX_CHOSEN]))
    return f"{reverse('project-tasks', args=(project.slug,))}?{urlencode({'tasks': named}, safe=',')}"


def answered(project: Project, question: str, label: str, person: int) -> str:
    """Return where the tasks with a label are that a person has answered."""
    wanted = {f"label.{question}": f"is:{label}" if label else "", "annotator": str(person)}
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query(wanted)}"


def several(project: Project, wanted: Several) -> str:
    """Return where the tasks are that several people answered so."""
    return f"{reverse('project-tasks', args=(project.slug,))}?{urlencode({'answers': str(wanted)})}"


def imported(project: Project, *, split: str) -> str:
    """Return where the tasks of a split are whose labels came with them."""
    return f"{reverse('project-tasks', args=(project.slug,))}?{_query({'split': split, 'source': LabelSource.IMPORT})}"


def _query(wanted: dict[str, str]) -> str:
    return urlencode({name: value for name, value in wanted.items() if value})
