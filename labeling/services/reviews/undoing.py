"""Taking decisions back: the labels before come back as new rows, the flags wait again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling import locks
from labeling.errors import Conflict
from labeling.models import BulkAct, Flag, FlagState, Label, TaskState
from labeling.models.acts import ReviewAct
from labeling.services import events, flags, notices
from labeling.services.reviews import leases
from labeling.services.reviews.locked_tasks import LockedTasks, lock_tasks

if TYPE_CHECKING:
    from labeling.models import User
    from labeling.models.acts import DecidedBefore


@transaction.atomic
def undo(*, actor: User, act: BulkAct, task_id: int | None = None) -> list[int]:
    """Take back what an act decided, about one task or about all; returns the flags that were decided.

    What was decided about a task together with others, such as its copies, is taken back together. Tasks whose label
    was changed since are left as they are; when there are no others, that is a `Conflict`. Whoever takes a decision
    back has the task leased again, if nobody else has.
    """
    locks.lock_person(act.project_id, actor.pk)
    act = BulkAct.objects.select_for_update().select_related("project").get(pk=act.pk)
    standing = set(Flag.objects.filter(act=act, state=FlagState.RESOLVED).values_list("pk", flat=True))
    done = ReviewAct.from_columns(act)
    entries = [entry for entry in done.before if standing & set(entry.flags)]
    if task_id is not None:
        about_it = {pk for entry in entries if entry.task == task_id for pk in entry.flags}
        entries = [entry for entry in entries if about_it & set(entry.flags)]
    if act.undone_at is not None or not entries:
        message = "This was taken back already."
        raise Conflict(message, current={"undone_at": act.undone_at})
    decided = sorted(standing & {pk for entry in entries for pk in entry.flags})
    locked = lock_tasks(act.project, [entry.task for entry in entries], flag_ids=decided)
    # Of a group, a task may have been deleted for good since.
    undone = [entry for entry in entries if entry.task in locked.entries and restore_task(locked, entry)]
    if not undone:
        message = (
            "The label was changed after this decision, so the decision stays. Decide about the new label instead."
        )
        raise Conflict(message)
    tasks = [entry.task for entry in undone]
    reopened = list(dict.fromkeys(pk for entry in undone for pk in entry.flags if pk in locked.flags))
    flagged = {pk: locked.flags[pk].task for pk in reopened}
    for pk in reopened:
        flags.reopen(flag=locked.flags[pk])
    locked.store_entries(tasks)
    leases.take_leases(actor=actor, project=act.project, task_ids={task.pk for task in flagged.values()})
    if not standing - set(reopened):
        act.undone_at = timezone.now()
        act.save(update_fields=("undone_at",))
    events.record(
        verb="flags.reopened",
        project=act.project,
        actor=actor,
        task=flagged[reopened[0]] if len(set(flagged.values())) == 1 else None,
        act=act.pk,
        resolution=done.decision,
        count=len(tasks),
    )
    return reopened


def restore_task(locked: LockedTasks, before: DecidedBefore) -> bool:
    """Put a task back to how it was before, and say whether that could be done."""
    current, entry = locked.current[before.task], locked.entries[before.task]
    standing = {label.pk: label for label in current.values()}
    if any(label.new not in standing for label in before.labels):
        return False
    moment = timezone.now()
    for label in before.labels:
        Label.objects.filter(pk=label.new).update(retired_at=moment)
        del current[standing[label.new].question]
        if label.old is not None:
            earlier = Label.objects.get(pk=label.old)
            earlier.pk, earlier.retired_at, earlier.created_at = None, None, moment
            earlier.save(force_insert=True)
            current[earlier.question] = earlier
    notices.forget_labels(label_ids=[label.new for label in before.labels])
    entry.required += before.closed
    entry.open_slots += before.closed
    if before.quarantined and entry.state == TaskState.QUARANTINED:
        entry.state = TaskState.TODO
    if before.moved is not None and locked.tasks[before.task].split == before.moved.new:
        locked.move(before.task, before.moved.old)
    return True
