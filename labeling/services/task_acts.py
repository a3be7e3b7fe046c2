"""What acts on many tasks share: their locks, their record, and where tasks stand afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from labeling.errors import Invalid, NotFound, Problem
from labeling.models import BulkAct, Label, QueueEntry
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import versions as version_reads
from labeling.services import events, labels

if TYPE_CHECKING:
    from labeling.models import Project, User
    from labeling.models.acts import AnyAct

MAX_BULK = 10_000
"""Tasks that one bulk act may change."""


def lock_entries(project: Project, task_ids: Iterable[int]) -> dict[int, QueueEntry]:
    """Lock the queue entries of these tasks, in order of task; tasks of other projects are not found."""
    wanted = sorted(set(task_ids))
    check_number(wanted)
    entries = QueueEntry.objects.select_for_update().filter(project=project, task_id__in=wanted).order_by("task_id")
    found = {entry.task_id: entry for entry in entries}
    if len(found) != len(wanted):
        raise NotFound
    return found


def check_number(task_ids: Sequence[int]) -> None:
    """Refuse an act on no task, or on more than one act may change."""
    if not task_ids:
        message = "Choose at least one task."
        raise Invalid(message, problems=(Problem("tasks", message),))
    if len(task_ids) > MAX_BULK:
        message = f"One act changes at most {MAX_BULK:,} tasks; {len(task_ids):,} are chosen. Narrow the filter."
        raise Invalid(message, problems=(Problem("tasks", message),))


def record_act(done: AnyAct, *, actor: User, project: Project) -> BulkAct:
    """Write down what was done, so that it can be undone, and the event."""
    act = BulkAct.objects.create(project=project, actor=actor, **done.columns())
    events.record(
        verb=f"tasks.{act.verb}", project=project, actor=actor, count=act.count, act=act.pk, **done.event_payload()
    )
    return act


def restate(project: Project, entries: dict[int, QueueEntry]) -> None:
    """Work out where tasks stand after their labels or slots changed, and store their entries."""
    schema = version_reads.schema(project.pk)
    current: dict[int, dict[str, Label]] = {pk: {} for pk in entries}
    for label in Label.objects.filter(task_id__in=list(entries), retired_at=None):
        current[label.task_id][label.question] = label
    counted = queue_reads.counted_answers(list(entries))
    disputed = labels.disputed_questions(list(entries))
    several = adjudication_reads.several_valid(entries)
    for pk, entry in entries.items():
        entry.state = labels.state_of(
            entry,
            schema=schema,
            labels={*current[pk], *several[pk]},
            answered=counted.get(pk, 0) >= entry.required,
            disputed=disputed[pk],
        )
    QueueEntry.objects.bulk_update(entries.values(), ("required", "open_slots", "state"), batch_size=1000)
