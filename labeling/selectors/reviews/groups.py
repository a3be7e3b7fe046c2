"""Flags about several tasks, such as the copies of an item: which tasks these are, and which of them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from labeling.models import Flag, LabelSource
from labeling.reasons.evidence import MEMBERS
from labeling.reasons.registry import load_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.models import Label

_DECIDED = frozenset({LabelSource.REVIEW, LabelSource.BULK})
_SEVERAL = 2


def flagged_tasks(flag: Flag) -> list[int]:
    """Return the ids of the tasks that a flag is about, in order: its own and, where it is about a group, the others.

    Some may be gone, or in quarantine.
    """
    return sorted({flag.task_id, *load_evidence(flag.reason, flag.evidence).member_tasks()})


def flags_about(task_id: int) -> QuerySet[Flag]:
    """Return the flags about a task, whatever their state: its own, and those about a group that it is in."""
    in_group = Q(**{"evidence__has_key": MEMBERS, f"evidence__{MEMBERS}__contains": [task_id]})
    return Flag.objects.filter(Q(task_id=task_id) | in_group)


def task_to_keep(tasks: Sequence[int], question: str, labels: Mapping[int, Mapping[str, Label]]) -> int:
    """Return the task of a group that stays unless another is chosen: one with a confirmed label, else the first."""
    confirmed = (task for task in tasks if (label := labels[task].get(question)) is not None and _is_confirmed(label))
    return next(confirmed, tasks[0])


def _is_confirmed(label: Label) -> bool:
    """Whether a reviewer decided it, or several people agreed on it."""
    return label.source in _DECIDED or (label.source == LabelSource.CONSENSUS and (label.people or 0) >= _SEVERAL)
