"""Deleted tasks: what goes with them, and what can still be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Min

from labeling.models import (
    Annotation,
    AnnotationState,
    BulkAct,
    Comment,
    Flag,
    Label,
    Task,
    TaskDeletion,
)
from labeling.models.acts import load_act

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from labeling.models import Project

NAMED = 3
"""So many tasks of an act are named."""
MOST_ACTS = 200


@dataclass(frozen=True, slots=True)
class Lost:
    """What is lost with tasks that are deleted."""

    tasks: int
    answers: int
    labels: int
    flags: int
    comments: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """An act that deleted tasks which are still there."""

    act: BulkAct
    count: int
    due_at: datetime
    names: list[str]

    @property
    def unnamed(self) -> int:
        """How many of them are not named."""
        return self.count - len(self.names)


def lost_with(project: Project, task_ids: Sequence[int]) -> Lost:
    """Count what is lost when these tasks are deleted; those that are deleted already do not count."""
    there = Task.objects.filter(project=project, pk__in=list(task_ids), deletion=None)
    ids = list(there.values_list("pk", flat=True))
    return Lost(
        tasks=len(ids),
        answers=Annotation.objects.filter(task_id__in=ids).exclude(state=AnnotationState.DRAFT).count(),
        labels=Label.objects.filter(task_id__in=ids, retired_at=None).count(),
        flags=Flag.objects.filter(task_id__in=ids).count(),
        comments=Comment.objects.filter(task_id__in=ids).count(),
    )


def has_deleted(project: Project) -> bool:
    """Return whether there are deleted tasks that can be taken back."""
    return TaskDeletion.objects.filter(act__project=project).exists()


def deleted_tasks(project: Project) -> list[Deleted]:
    """Return the acts whose deleted tasks can be taken back, the newest first."""
    waiting = TaskDeletion.objects.filter(act__project=project).values("act")
    counts = {
        row["act"]: (row["count"], row["due_at"]) for row in waiting.annotate(count=Count("pk"), due_at=Min("due_at"))
    }
    acts = list(BulkAct.objects.filter(pk__in=counts).select_related("actor").order_by("-pk")[:MOST_ACTS])
    first = {act.pk: load_act(act).task_ids[:NAMED] for act in acts}
    shown = {pk for ids in first.values() for pk in ids}
    named = dict(Task.objects.filter(pk__in=shown).exclude(deletion=None).values_list("pk", "external_id"))
    return [
        Deleted(
            act=act,
            count=counts[act.pk][0],
            due_at=counts[act.pk][1],
            names=[named[pk] or f"task {pk}" for pk in first[act.pk] if pk in named],
        )
        for act in acts
    ]
