"""Rows of tasks that are there already: what they say otherwise is told, flagged or, when asked for, taken over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from labeling.models import Flag, FlagState, ImportChange, Label, LabelSource, QueueEntry, Task
from labeling.models.imports import Instead, TaskChange
from labeling.reasons.conflict import CONFLICT, ConflictEvidence
from labeling.services import flags, settling, task_acts
from labeling.services.imports.answers import take_back
from labeling.services.labels import RANK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.kinds.schema import Schema
    from labeling.models import JobRun, Project
    from labeling.models.imports import ImportCounts
    from labeling.selectors.versions import Versions
    from labeling.services.imports.checking import Ready, ReadyLabel

_OPEN_CONFLICT = {"reason": CONFLICT.name, "state": FlagState.OPEN}
_STANDING = """
SELECT t.id, t.split, t.meta::text,
       t.import_job_id IS NOT DISTINCT FROM %(job)s
       OR EXISTS (SELECT FROM labeling_importchange c WHERE c.job_id = %(job)s AND c.task_id = t.id)
FROM labeling_task t WHERE t.id = ANY(%(tasks)s)
"""


@dataclass(slots=True)
class Standing:
    """A task that is there: its split, metadata and labels of record, and whether this very import wrote them."""

    split: str
    meta: dict[str, Any]
    is_own: bool
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def other_labels(self, row: Ready) -> list[ReadyLabel]:
        """Return the labels of a row that are not of record."""
        return [
            label
            for label in row.labels
            if label.question not in self.values or self.values[label.question] != json.loads(label.value)
        ]

    def may_replace(self, question: str) -> bool:
        """Return whether an import may give another label: what people answered or decided stays."""
        source = self.sources.get(question)
        return source is None or RANK[source] <= RANK[LabelSource.IMPORT]

    def other_split(self, row: Ready) -> str:
        """Return the split that a row says instead; empty: none."""
        return row.split if row.split != self.split else ""

    def other_meta(self, row: Ready) -> dict[str, Any]:
        """Return what a row says otherwise about a task, or adds."""
        said: dict[str, Any] = json.loads(row.meta)
        return {name: value for name, value in said.items() if name not in self.meta or self.meta[name] != value}


def standing_of(tasks: Collection[int], *, job_id: int | None = None) -> dict[int, Standing]:
    """Return how tasks stand, by id; `job_id` is the import that asks."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"job": job_id, "tasks": list(tasks)})
        found = {pk: Standing(split, json.loads(meta), own) for pk, split, meta, own in cursor.fetchall()}
    for label in Label.objects.filter(task_id__in=list(tasks), retired_at=None):
        found[label.task_id].values[label.question] = label.value
        found[label.task_id].sources[label.question] = label.source
    return found


@dataclass(slots=True)
class _Plan:
    """What a row changes about a task."""

    task: int
    labels: list[ReadyLabel]
    split: str
    meta: dict[str, Any]
    complete: bool = False

    def __bool__(self) -> bool:
        return bool(self.labels or self.split or self.meta)


class Repeats:
    """The rows of one import whose tasks are there already."""

    def __init__(self, *, job: JobRun, project: Project, versions: Versions, schema: Schema, update: bool) -> None:
        self._job = job
        self._project = project
        self._versions = versions
        self._schema = schema
        self._required = {question.name for question in schema.questions if question.required}
        self._update = update

    def look(self, rows: Sequence[tuple[Ready, int]], counts: ImportCounts) -> None:
        """Count what rows would change, or what of them is not read; nothing is written."""
        for _ in self._sorted(rows, counts):
            counts.updated += 1

    def take(self, rows: Sequence[tuple[Ready, int]], counts: ImportCounts) -> None:
        """Flag what contradicts this very import, and change what rows say otherwise where that is asked for."""
        locked: dict[int, QueueEntry] = {}
        if self._update:
            wanted = sorted({task for _, task in rows})
            entries = QueueEntry.objects.select_for_update().filter(task_id__in=wanted).order_by("task_id")
            locked |= {entry.task_id: entry for entry in entries}
        plans = list(self._sorted(rows, counts, flag=True))
        if plans:
            self._change(plans, {plan.task: locked[plan.task] for plan in plans})
            counts.updated += len(plans)

    def _sorted(
        self, rows: Sequence[tuple[Ready, int]], counts: ImportCounts, *, flag: bool = False
    ) -> Iterator[_Plan]:
        """Yield what is to be changed, of each task once; count everything else."""
        if not rows:
            return
        standing = standing_of({task for _, task in rows}, job_id=self._job.pk)
        seen: set[int] = set()
        for row, task in rows:
            there = standing[task]
            other = there.other_labels(row)
            if there.is_own or task in seen:
                contradicted = [label for label in other if label.question in there.values]
                if contradicted:
                    counts.conflicts += 1
                    if flag:
                        self._flag(task, there, contradicted, row.number)
                elif other or there.other_split(row) or there.other_meta(row):
                    counts.unread += 1
                continue
            plan = self._plan(task, row, there, other, counts)
            if self._update and plan:
                seen.add(task)
                # A later row of the same task is held against what this one says.
                there.values |= {label.question: json.loads(label.value) for label in plan.labels}
                plan.complete = self._required <= there.values.keys()
                yield plan

    def _plan(self, task: int, row: Ready, there: Standing, other: Sequence[ReadyLabel], counts: ImportCounts) -> _Plan:
        free = [label for label in other if there.may_replace(label.question)]
        plan = _Plan(task, free, there.other_split(row), there.other_meta(row))
        if not self._update:
            counts.unread += bool(plan or other)
            return plan
        counts.kept += len(other) > len(free)
        counts.relabeled += bool(plan.labels)
        counts.moved += bool(plan.split)
        counts.redescribed += bool(plan.meta)
        counts.unchanged += not plan
        return plan

    def _flag(self, task: int, there: Standing, contradicted: Iterable[ReadyLabel], row: int) -> None:
        for label in contradicted:
            question = self._schema.question(label.question)
            given, other = there.values[label.question], json.loads(label.value)
            said = question.describe(question.load(other)) if question is not None else str(other)
            flags.put_flag(
                task=Task(pk=task, project_id=self._project.pk),
                reason=CONFLICT,
                question=label.question,
                note=f"Row {row:,} of the file that was imported says {said}.",
                evidence=ConflictEvidence(agreement=0.0, given=given, suggested=other),
            )

    def _change(self, plans: Sequence[_Plan], entries: Mapping[int, QueueEntry]) -> None:
        """Write what rows say otherwise, and what was there before."""
        labels = self._relabel(plans)
        tasks = {task.pk: task for task in Task.objects.filter(pk__in=list(entries))}
        changes = []
        for plan in plans:
            task = tasks[plan.task]
            change = TaskChange(
                labels=labels.get(plan.task, []),
                closed=_close_slots(entries[plan.task]) if plan.labels and plan.complete else 0,
                split=Instead(old=task.split, new=plan.split) if plan.split else None,
                meta=Instead(old=task.meta, new=task.meta | plan.meta) if plan.meta else None,
            )
            task.split = plan.split or task.split
            task.meta = task.meta | plan.meta
            changes.append(ImportChange(job=self._job, task=task, change=change.dump()))
        Task.objects.bulk_update(tasks.values(), ("split", "meta"), batch_size=1000)
        ImportChange.objects.bulk_create(changes, batch_size=1000)
        relabeled = {plan.task: entries[plan.task] for plan in plans if plan.labels}
        if relabeled:
            task_acts.restate(self._project, relabeled)

    def _relabel(self, plans: Sequence[_Plan]) -> dict[int, list[Instead]]:
        """Retire labels and write those in their place; returns both by task."""
        moment = timezone.now()
        wanted = {(plan.task, label.question): label for plan in plans for label in plan.labels}
        current = Label.objects.filter(task_id__in=[plan.task for plan in plans], retired_at=None)
        old = {
            (task, question): pk
            for pk, task, question in current.values_list("pk", "task_id", "question")
            if (task, question) in wanted
        }
        Label.objects.filter(pk__in=old.values()).update(retired_at=moment)
        written = Label.objects.bulk_create(
            [
                Label(
                    task_id=task,
                    project=self._project,
                    question=question,
                    value=json.loads(label.value),
                    classes=label.classes,
                    source=LabelSource.IMPORT,
                    created_by_id=self._job.requested_by_id,
                    schema_version=self._versions.schema,
                    created_at=moment,
                )
                for (task, question), label in wanted.items()
            ],
            batch_size=1000,
        )
        found: dict[int, list[Instead]] = {}
        for label in written:
            replaced = Instead(old=old.get((label.task_id, label.question)), new=label.pk)
            found.setdefault(label.task_id, []).append(replaced)
        return found


def _close_slots(entry: QueueEntry) -> int:
    """Close the slots that nobody has taken, since no answer is needed any more; returns how many."""
    closed = entry.open_slots
    entry.required -= closed
    entry.open_slots = 0
    return closed


@transaction.atomic
def put_back(*, job: JobRun) -> int:
    """Put back what an import changed about tasks, as far as nothing newer stands in its place; returns of how many."""
    made = list(ImportChange.objects.filter(job=job).order_by("task_id"))
    ids = [change.task_id for change in made]
    entries = {
        entry.task_id: entry
        for entry in QueueEntry.objects.select_for_update().filter(task_id__in=ids).order_by("task_id")
    }
    tasks = Task.objects.in_bulk(ids)
    changes = [(change.task_id, TaskChange.load(change.change)) for change in made]
    relabeled = _put_labels_back(changes)
    fewer = take_back(changes)
    for pk, change in changes:
        task = tasks[pk]
        if change.split is not None and task.split == change.split.new:
            task.split = change.split.old
        if change.meta is not None and task.meta == change.meta.new:
            task.meta = change.meta.old
        if pk in relabeled or change.given:
            entries[pk].required += change.closed - fewer.get(pk, 0)
            entries[pk].open_slots += change.closed
    Task.objects.bulk_update(tasks.values(), ("split", "meta"), batch_size=1000)
    if relabeled and job.project is not None:
        task_acts.restate(job.project, {pk: entries[pk] for pk in relabeled})
    answered = [entries[pk] for pk, change in changes if change.given]
    if answered and job.project is not None:
        for flag in Flag.objects.filter(task__in=[entry.task_id for entry in answered], **_OPEN_CONFLICT):
            flags.drop_flag(task=flag.task, reason=CONFLICT, question=flag.question)
        for entry in answered:
            # Where an answer was missing, people were asked beside those who had answered.
            surplus = max(0, entry.open_slots - job.project.overlap)
            entry.required -= surplus
            entry.open_slots -= surplus
        QueueEntry.objects.bulk_update(answered, ("required", "open_slots"), batch_size=1000)
        settling.settle_imported(job.project, answered)
    ImportChange.objects.filter(job=job).delete()
    return len(made)


def _put_labels_back(changes: Sequence[tuple[int, TaskChange]]) -> set[int]:
    """Put earlier labels in force again where those of the import still are; returns the tasks."""
    moment = timezone.now()
    replaced = {label.new: label.old for _, change in changes for label in change.labels}
    standing = Label.objects.filter(pk__in=list(replaced), retired_at=None)
    found = dict(standing.values_list("pk", "task_id"))
    standing.update(retired_at=moment)
    earlier = list(Label.objects.filter(pk__in=[old for new in found if (old := replaced[new]) is not None]))
    for label in earlier:
        label.pk, label.retired_at, label.created_at = None, None, moment
    Label.objects.bulk_create(earlier, batch_size=1000)
    return set(found.values())
