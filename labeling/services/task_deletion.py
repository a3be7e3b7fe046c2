"""Deleting tasks: out of everything at once, gone for good a day later, and taken back at any time until then."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import AnnotationRevision, BulkAct, QueueEntry, Task, TaskDeletion, TaskState
from labeling.models.acts import DeleteAct, StateBefore
from labeling.services import events
from labeling.services.imports.undoing import unlink_unused
from labeling.services.task_acts import lock_entries, record_act

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.models import Project, User

PAUSE = timedelta(days=1)
"""How long deleted tasks can be taken back."""
BATCH = 500


@transaction.atomic
def delete_tasks(*, actor: User, project: Project, task_ids: Sequence[int]) -> BulkAct:
    """Take tasks out of queue, training and export, and have them deleted for good after a day."""
    entries = lock_entries(project, task_ids)
    doomed = set(TaskDeletion.objects.filter(task_id__in=list(entries)).values_list("task_id", flat=True))
    done = DeleteAct(
        due_at=timezone.now() + PAUSE,
        before=[StateBefore(task=pk, state=entry.state) for pk, entry in entries.items() if pk not in doomed],
    )
    act = record_act(done, actor=actor, project=project)
    TaskDeletion.objects.bulk_create(
        (TaskDeletion(task_id=pk, act=act, due_at=done.due_at) for pk in done.task_ids), batch_size=1000
    )
    QueueEntry.objects.filter(task_id__in=done.task_ids).update(state=TaskState.QUARANTINED)
    return act


def undo_deletion(act: BulkAct, done: DeleteAct, entries: Mapping[int, QueueEntry]) -> dict[int, QueueEntry]:
    """Keep the tasks that an act deleted; returns the entries of those that are to leave quarantine with it."""
    kept = TaskDeletion.objects.filter(act=act, task_id__in=list(entries))
    ids = set(kept.values_list("task_id", flat=True))
    kept.delete()
    was = {entry.task: entry.state for entry in done.before}
    return {
        pk: entry
        for pk, entry in entries.items()
        if pk in ids and was[pk] != TaskState.QUARANTINED and entry.state == TaskState.QUARANTINED
    }


def keep_deleted(task_ids: Sequence[int]) -> None:
    """Forget that these tasks were to be deleted: somebody restored them."""
    TaskDeletion.objects.filter(task_id__in=task_ids).delete()


def delete_due_tasks() -> int:
    """Delete for good what was deleted a day ago and has stayed in quarantine since; returns how many tasks."""
    gone: Counter[int] = Counter()
    while batch := list(_due().order_by("task_id").values_list("task_id", flat=True)[:BATCH]):
        gone += _delete_batch(batch)
    for act in BulkAct.objects.filter(pk__in=list(gone)).select_related("project", "actor"):
        events.record(verb="tasks.gone", project=act.project, actor=act.actor, act=act.pk, count=gone[act.pk])
        unlink_unused(act.project)
    return gone.total()


def _due() -> QuerySet[TaskDeletion]:
    return TaskDeletion.objects.filter(due_at__lte=timezone.now())


@transaction.atomic
def _delete_batch(batch: Sequence[int]) -> Counter[int]:
    """Delete some tasks; returns by act how many. What left quarantine by another way stays."""
    locked = QueueEntry.objects.select_for_update().filter(task_id__in=batch).order_by("task_id")
    there = {entry.task_id for entry in locked if entry.state == TaskState.QUARANTINED}
    due = dict(_due().filter(task_id__in=batch).values_list("task_id", "act_id"))
    TaskDeletion.objects.filter(task_id__in=[pk for pk in due if pk not in there]).delete()
    doomed = [pk for pk in due if pk in there]
    AnnotationRevision.objects.filter(annotation__task_id__in=doomed).delete()
    Task.objects.filter(pk__in=doomed).delete()
    return Counter(due[pk] for pk in doomed)


def refuse_if_gone(done: DeleteAct, there: Mapping[int, QueueEntry]) -> None:
    """Say that nothing is left to take back."""
    if done.before and not there:
        message = f"These tasks were deleted for good on {done.due_at:%b %-d, %Y}: they cannot be brought back."
        raise Conflict(message)
