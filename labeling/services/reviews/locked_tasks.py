"""What is decided about, locked: the tasks' places in the queue, their flags, and their labels of record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from labeling.errors import Conflict, NotFound
from labeling.models import Flag, FlagState, Label, LabelSource, QueueEntry, Task, TaskState
from labeling.models.acts import DecidedBefore, Moved, Replaced
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors import versions as version_reads
from labeling.services import labels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.kinds.schema import Schema
    from labeling.models import Project, User
    from labeling.selectors.versions import Versions


@dataclass(slots=True)
class LockedTask:
    """What an act did to one task: all that is needed to take it back."""

    task_id: int
    flags: list[int] = field(default_factory=list)
    labels: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    """By question: the label that was there, and the one that was written."""
    closed: int = 0
    quarantined: bool = False
    moved: tuple[str, str] | None = None
    """The split it was in, and the one it is in now."""

    def as_entry(self) -> DecidedBefore:
        """Return the row as the act keeps it."""
        return DecidedBefore(
            task=self.task_id,
            flags=self.flags,
            labels=[Replaced(old=old, new=new) for old, new in self.labels.values()],
            closed=self.closed,
            quarantined=self.quarantined,
            moved=Moved(old=self.moved[0], new=self.moved[1]) if self.moved else None,
        )


@dataclass(slots=True)
class LockedTasks:
    """Some tasks with all that is decided about them. Whoever has it holds their locks."""

    schema: Schema
    versions: Versions
    asked: frozenset[int]
    """The tasks that were to be locked; those of them that are there have their place in the queue."""
    entries: dict[int, QueueEntry]
    tasks: dict[int, Task]
    """Without what they show, unless answers are to be checked against it."""
    flags: dict[int, Flag]
    current: defaultdict[int, dict[str, Label]]
    counted: dict[int, int]
    several: defaultdict[int, set[str]]
    """By task, the questions of which an adjudicator said that several answers are valid: they need no label."""
    rows: dict[int, LockedTask] = field(default_factory=dict)

    def row(self, task_id: int) -> LockedTask:
        """Return what was done to a task so far."""
        return self.rows.setdefault(task_id, LockedTask(task_id))

    def tasks_of(self, flag: Flag) -> list[int]:
        """Return the tasks that a decision about a flag is about: of a group all that are there, not in quarantine."""
        wanted = review_reads.flagged_tasks(flag)
        if not self.asked.issuperset(wanted):
            message = "A check found more of these copies meanwhile. Look at them again and decide anew."
            raise Conflict(message, current={"state": flag.state})
        there = {pk for pk, entry in self.entries.items() if entry.state != TaskState.QUARANTINED}
        return [pk for pk in wanted if pk in there or pk == flag.task_id]

    def open_flags_of(self, task_id: int) -> list[Flag]:
        """Return the flags of a task that are still open."""
        return [flag for flag in self.flags.values() if flag.task_id == task_id and flag.state == FlagState.OPEN]

    def write(self, task: Task, question: str, value: Any, *, actor: User) -> None:
        """Make an answer the label of record, unless a reviewer has given this very label already."""
        row, current = self.row(task.pk), self.current[task.pk]
        old = current.get(question)
        if old is not None and old.source == LabelSource.REVIEW and old.value == value:
            return
        asked = self.schema.question(question)
        assert asked is not None  # noqa: S101 - rulings answer questions of this schema only
        answer = labels.RecordAnswer(value=value, source=LabelSource.REVIEW, guideline=self.versions.guideline)
        new = labels.write(
            task=task, question=asked, answer=answer, schema_version=self.versions.schema, actor=actor, old=old
        )
        first = row.labels[question][0] if question in row.labels else (old.pk if old else None)
        row.labels[question] = (first, new.pk)
        current[question] = new

    def retire(self, task_id: int, question: str) -> int | None:
        """End the label of record of a question, and return it, if there is one."""
        old = self.current[task_id].pop(question, None)
        if old is None:
            return None
        labels.retire(old)
        return old.pk

    def settled(self, task_id: int) -> set[str]:
        """Return the questions that are answered for good: with a label, or without one."""
        return {*self.current[task_id], *self.several[task_id]}

    def close_slots(self, task_id: int) -> None:
        """Ask nobody else, once every required question has an answer of record."""
        entry, settled = self.entries[task_id], self.settled(task_id)
        if all(question.name in settled for question in self.schema.questions if question.required):
            self.row(task_id).closed += entry.open_slots
            entry.required -= entry.open_slots
            entry.open_slots = 0

    def move(self, task_id: int, split: str) -> None:
        """Put a task into a split."""
        task = self.tasks[task_id]
        if task.split == split:
            return
        self.row(task_id).moved = (task.split, split)
        task.split = split
        task.save(update_fields=("split",))

    def quarantine(self, task_id: int) -> None:
        """Take a task out of queue, training and export."""
        entry = self.entries[task_id]
        self.row(task_id).quarantined |= entry.state != TaskState.QUARANTINED
        entry.state = TaskState.QUARANTINED

    def store_entries(self, task_ids: Iterable[int]) -> None:
        """Work out where tasks stand now, and store it."""
        changed = [self.entries[pk] for pk in task_ids]
        disputed = labels.disputed_questions([entry.task_id for entry in changed])
        for entry in changed:
            answered = self.counted.get(entry.task_id, 0) >= entry.required
            entry.state = labels.state_of(
                entry,
                schema=self.schema,
                labels=self.settled(entry.task_id),
                answered=answered,
                disputed=disputed[entry.task_id],
            )
        QueueEntry.objects.bulk_update(changed, ("required", "open_slots", "state"))


def lock_tasks(
    project: Project, task_ids: Collection[int], *, flag_ids: Collection[int] = (), with_data: bool = False
) -> LockedTasks:
    """Lock tasks with their open flags and those named: first queue entries, then flags, as everywhere."""
    entries = QueueEntry.objects.select_for_update().filter(project=project, task_id__in=task_ids).order_by("task_id")
    found = {entry.task_id: entry for entry in entries}
    tasks = Task.objects.filter(pk__in=found).defer("meta", *([] if with_data else ["data"]))
    flags = Flag.objects.select_for_update(of=("self",)).filter(
        Q(pk__in=flag_ids) | Q(state=FlagState.OPEN), project=project, task_id__in=found
    )
    flags = flags.select_related("task").defer("task__data", "task__meta").order_by("pk")
    locked = {flag.pk: flag for flag in flags}
    if not set(flag_ids) <= set(locked):
        raise NotFound
    current: defaultdict[int, dict[str, Label]] = defaultdict(dict)
    for label in Label.objects.filter(task_id__in=found, retired_at__isnull=True):
        current[label.task_id][label.question] = label
    now = version_reads.current(project.pk)
    return LockedTasks(
        schema=version_reads.by_pk(now.schema_pk),
        versions=now,
        asked=frozenset(task_ids),
        entries=found,
        tasks=tasks.in_bulk(),
        flags=locked,
        current=current,
        counted=queue_reads.counted_answers(list(found)),
        several=adjudication_reads.several_valid(found),
    )
