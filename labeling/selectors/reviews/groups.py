"""Flags about several tasks, such as the copies of an item: which tasks these are, and which of them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.models import LabelSource
from labeling.reasons.registry import load_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.models import Flag, Label

_DECIDED = frozenset({LabelSource.REVIEW, LabelSource.BULK})
_SEVERAL = 2


def flagged_tasks(flag: Flag) -> list[int]:
    """Return the ids of the tasks that a flag is about, in order: its own and, where it is about a group, the others.

    Some may be gone, or in quarantine.
    """
    return sorted({flag.task_id, *load_evidence(flag.reason, flag.evidence).member_tasks()})


def task_to_keep(tasks: Sequence[int], question: str, labels: Mapping[int, Mapping[str, Label]]) -> int:
    """Return the task of a group that stays unless another is chosen: one with a confirmed label, else the first."""
    confirmed = (task for task in tasks if (label := labels[task].get(question)) is not None and _is_confirmed(label))
    return next(confirmed, tasks[0])


def _is_confirmed(label: Label) -> bool:
    """Whether a reviewer decided it, or several people agreed on it."""
    return label.source in _DECIDED or (label.source == LabelSource.CONSENSUS and (label.people or 0) >= _SEVERAL)
