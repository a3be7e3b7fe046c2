"""The tasks of a flag that is about several, as a card shows them: all that are there, with their labels and splits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.models import Label, Task, TaskState
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.reviews.groups import flagged_tasks, task_to_keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.models import Flag, Project
    from labeling.selectors.explorer import Chip, TaskRow

SHOWN = 24
"""Copies that a card shows; of more, how many."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A task of a group, with the label it has now."""

    row: TaskRow
    chips: list[Chip]


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks that a flag is about, where these are several that are there and not in quarantine.

    `stays` is the task that stays if one is kept and none is chosen; `seen` are the labels of record that the decision
    is about, and `classes` what they name.
    """

    size: int
    shown: list[Copy]
    stays: int
    splits: frozenset[str]
    seen: list[int]
    classes: list[str]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.size - len(self.shown)

    @property
    def has_images(self) -> bool:
        """Whether the copies are images."""
        return any(copy.row.thumb for copy in self.shown)


def groups_for(project: Project, flags: Sequence[Flag]) -> dict[int, Group]:
    """Return, by flag, the groups that flags are about; three queries, none where each is about one task."""
    wanted = {flag.pk: tasks for flag in flags if len(tasks := flagged_tasks(flag)) > 1}
    if not wanted:
        return {}
    ids = {task for tasks in wanted.values() for task in tasks}
    there = Task.objects.filter(project=project, pk__in=ids).exclude(queue_entry__state=TaskState.QUARANTINED)
    splits = dict(there.values_list("pk", "split"))
    labels: defaultdict[int, dict[str, Label]] = defaultdict(dict)
    for label in Label.objects.filter(task_id__in=splits, retired_at=None).defer("value"):
        labels[label.task_id][label.question] = label
    left = {flag.pk: [pk for pk in wanted[flag.pk] if pk in splits] for flag in flags if flag.pk in wanted}
    stays = {
        flag.pk: task_to_keep(left[flag.pk], flag.question, labels) for flag in flags if len(left.get(flag.pk, ())) > 1
    }
    # The one that stays is always among those that are shown.
    shown = {pk: sorted(left[pk], key=lambda task: task != stays[pk])[:SHOWN] for pk in stays}
    rows = {row.id: row for row in explorer_reads.rows(project, sorted({t for tasks in shown.values() for t in tasks}))}
    return {
        flag.pk: Group(
            size=len(left[flag.pk]),
            shown=[_copy(rows[task], flag.question) for task in sorted(shown[flag.pk]) if task in rows],
            stays=stays[flag.pk],
            splits=frozenset(splits[task] for task in left[flag.pk]),
            seen=[label.pk for label in _labels(left[flag.pk], flag.question, labels)],
            classes=list(
                dict.fromkeys(name for label in _labels(left[flag.pk], flag.question, labels) for name in label.classes)
            ),
        )
        for flag in flags
        if flag.pk in stays
    }


def _labels(tasks: Sequence[int], question: str, labels: Mapping[int, Mapping[str, Label]]) -> list[Label]:
    """Return the labels of record of tasks: to a question, or to all."""
    return [label for task in tasks for label in labels[task].values() if question in {"", label.question}]


def _copy(row: TaskRow, question: str) -> Copy:
    return Copy(
        row=row, chips=[chip for given in row.given if question in {"", given.question} for chip in given.chips]
    )
