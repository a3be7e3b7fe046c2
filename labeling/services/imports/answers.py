"""Answers that people gave elsewhere: kept as annotations of accounts nobody enters, with every save of them.

A file may have the answers to one task in one place or all over it, so batches write answers as they come, and the
labels that follow are settled when the last row is written (`labeling.services.imports.settling`). Memory holds one
batch: what earlier ones wrote is read back from the database.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from labeling.formats import RowProblem
from labeling.models import Annotation, AnnotationRevision, AnnotationState, ImportChange, QueueEntry, Task
from labeling.models.imports import GivenBefore, TaskChange
from labeling.services.imported_people import imported_accounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.kinds.schema import Schema
    from labeling.models import JobRun, Project
    from labeling.models.imports import ImportCounts
    from labeling.selectors.versions import Versions
    from labeling.services.imports.checking import Ready, ReadyGiven

_NEW_IDS = "SELECT nextval(pg_get_serial_sequence('labeling_annotation', 'id')) FROM generate_series(1, %s)"
_ANNOTATIONS = (
    "COPY labeling_annotation (id, task_id, project_id, annotator_id, state, answers, version, counted, lead_time_ms, "
    "skip_reason, schema_version, guideline_version, created_at, updated_at) FROM STDIN"
)
_REVISIONS = (
    "COPY labeling_annotationrevision (annotation_id, annotator_id, number, key, state, answers, counted, "
    "lead_time_ms, skip_reason, schema_version, guideline_version, created_at) FROM STDIN"
)
# Who is asked still is asked no more, but for who is at it now: an import says how many answers a task has.
_FILL = """
UPDATE labeling_queueentry q SET required = q.required - q.open_slots + more.answers, open_slots = 0
FROM unnest(%(tasks)s::bigint[], %(answers)s::int[]) AS more (task_id, answers) WHERE q.task_id = more.task_id
"""


@dataclass(slots=True)
class Kept:
    """What one person answered about one task: as it is stored, or about to be."""

    task: int
    annotator: int
    answers: dict[str, Any]
    at: datetime
    pk: int | None = None
    version: int = 0
    is_changed: bool = False


@dataclass(slots=True)
class Told:
    """What a batch says: answers that are new, those that say more or something else, and what was not taken."""

    fresh: list[Kept] = field(default_factory=list)
    changed: list[Kept] = field(default_factory=list)
    repeated: int = 0
    problems: list[RowProblem] = field(default_factory=list)


class Answers:
    """The answers that one import brings."""

    def __init__(self, *, job: JobRun, project: Project, versions: Versions, schema: Schema, update: bool) -> None:
        self._job = job
        self._project = project
        self._versions = versions
        self._schema = schema
        self._update = update

    def look(self, rows: Sequence[tuple[Ready, int | None]], counts: ImportCounts) -> list[RowProblem]:
        """Count what would become of answers (to tasks that are there, by id, or to come); returns what is refused."""
        known = [(row, task) for row, task in rows if task is not None]
        told = self._tell_apart(known, timezone.now(), only_look=True)
        counts.answers += len(told.fresh) + sum(len(row.given) for row, task in rows if task is None)
        self._count(told, counts)
        return told.problems

    def take(self, rows: Sequence[tuple[Ready, int]], counts: ImportCounts) -> list[RowProblem]:
        """Write the answers of a batch; returns those that were refused. To be called within a transaction."""
        if not rows:
            return []
        told = self._tell_apart(rows, timezone.now())
        locked = sorted({kept.task for kept in (*told.fresh, *told.changed)})
        entries = QueueEntry.objects.select_for_update().filter(task_id__in=locked).order_by("task_id")
        closed = dict(entries.values_list("task_id", "open_slots"))
        self._write(told)
        self._remember(told, closed)
        counts.answers += len(told.fresh)
        self._count(told, counts)
        return told.problems

    def _count(self, told: Told, counts: ImportCounts) -> None:
        counts.changed_answers += len(told.changed)
        counts.same_answers += told.repeated
        counts.refused_answers += len(told.problems)

    def _tell_apart(self, rows: Sequence[tuple[Ready, int]], now: datetime, *, only_look: bool = False) -> Told:
        """Tell new answers from those that were given before, in the project or earlier in the batch."""
        names = {given.person for row, _ in rows for given in row.given}
        people = imported_accounts(self._project, names, make=not only_look)
        kept = self._stored({task for _, task in rows}, set(people.values()))
        told = Told()
        for row, task in rows:
            for given in row.given:
                # Who has no account yet has answered nothing before.
                person = people.setdefault(given.person, -len(people) - 1)
                at = min(given.submitted_at or now, now)
                there = kept.get((task, person))
                if there is None:
                    there = kept[task, person] = Kept(task, person, dict(given.answers), at)
                    told.fresh.append(there)
                else:
                    self._add(there, given, row.number, at, told)
        return told

    def _add(self, there: Kept, given: ReadyGiven, number: int, at: datetime, told: Told) -> None:
        """Take in what a person says of a task once more: other questions, the same again, or something else."""
        other = {name for name, value in given.answers.items() if there.answers.get(name, value) != value}
        if other and not (self._update and there.pk is not None):
            told.problems.append(self._contradicted(there, given, number, min(other)))
            return
        if given.answers.items() <= there.answers.items():
            told.repeated += 1
            return
        there.answers |= given.answers
        there.at = max(there.at, at)
        if there.pk is not None and not there.is_changed:
            there.is_changed = True
            told.changed.append(there)

    def _contradicted(self, there: Kept, given: ReadyGiven, number: int, name: str) -> RowProblem:
        question = self._schema.question(name)
        first, second = there.answers[name], given.answers[name]
        if question is not None:
            first, second = (question.describe(question.load(value)) for value in (first, second))
        message = f"{given.person} answered {first} before, and {second} here. The first answer holds."
        return RowProblem(number, name, message)

    def _stored(self, tasks: set[int], people: set[int]) -> dict[tuple[int, int], Kept]:
        found = Annotation.objects.filter(task_id__in=tasks, annotator_id__in=people)
        rows = found.values_list("task_id", "annotator_id", "answers", "updated_at", "pk", "version")
        return {(row[0], row[1]): Kept(*row) for row in rows}

    def _write(self, told: Told) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_NEW_IDS, (len(told.fresh),))
            for kept, (pk,) in zip(told.fresh, cursor.fetchall(), strict=True):
                kept.pk = pk
            schema, guideline = self._versions.schema, 0
            with cursor.copy(_ANNOTATIONS) as copy:
                for kept in told.fresh:
                    copy.write_row(
                        (kept.pk, kept.task, self._project.pk, kept.annotator, AnnotationState.SUBMITTED.value,
                         json.dumps(kept.answers), 1, True, 0, "", schema, guideline, kept.at, kept.at)
                    )  # fmt: skip
            changed = [
                Annotation(pk=kept.pk, answers=kept.answers, version=kept.version + 1, updated_at=kept.at)
                for kept in told.changed
            ]
            Annotation.objects.bulk_update(changed, ("answers", "version", "updated_at"), batch_size=1000)
            with cursor.copy(_REVISIONS) as copy:
                for kept in (*told.fresh, *told.changed):
                    number = kept.version + 1
                    copy.write_row(
                        (kept.pk, kept.annotator, number, f"import-{kept.task}-{number}",
                         AnnotationState.SUBMITTED.value, json.dumps(kept.answers), True, 0, "", schema, guideline,
                         kept.at)
                    )  # fmt: skip
            more = Counter(kept.task for kept in told.fresh)
            cursor.execute(_FILL, {"tasks": list(more), "answers": list(more.values())})

    def _remember(self, told: Told, closed: Mapping[int, int]) -> None:
        """Write down what was done to tasks that were there before this import, so that it can be put back."""
        own = Task.objects.filter(pk__in=list(closed), import_job=self._job).values_list("pk", flat=True)
        others = set(closed) - set(own)
        given: defaultdict[int, list[GivenBefore]] = defaultdict(list)
        for kept in (*told.fresh, *told.changed):
            if kept.task in others:
                given[kept.task].append(GivenBefore(annotation=kept.pk or 0, version=kept.version))
        earlier = {
            change.task_id: change for change in ImportChange.objects.filter(job=self._job, task_id__in=list(given))
        }
        for pk, change in earlier.items():
            before = TaskChange.load(change.change)
            known = {one.annotation for one in before.given}
            more = [one for one in given[pk] if one.annotation not in known]
            change.change = before.model_copy(
                update={"given": [*before.given, *more], "closed": before.closed + closed[pk]}
            ).dump()
        ImportChange.objects.bulk_update(earlier.values(), ("change",), batch_size=1000)
        ImportChange.objects.bulk_create(
            (
                ImportChange(job=self._job, task_id=pk, change=TaskChange(given=said, closed=closed[pk]).dump())
                for pk, said in given.items()
                if pk not in earlier
            ),
            batch_size=1000,
        )


def take_back(changes: Iterable[tuple[int, TaskChange]]) -> dict[int, int]:
    """Take back what an import said that people answered; returns how many answers fewer tasks have.

    An answer that was changed since by another import stays.
    """
    given = {one.annotation: one for _, change in changes for one in change.given}
    fewer: Counter[int] = Counter()
    gone: list[int] = []
    for annotation in Annotation.objects.filter(pk__in=list(given)):
        before = given[annotation.pk]
        if before.version:
            _put_answer_back(annotation, before.version)
        else:
            gone.append(annotation.pk)
            fewer[annotation.task_id] += 1
    AnnotationRevision.objects.filter(annotation_id__in=gone).delete()
    Annotation.objects.filter(pk__in=gone).delete()
    return dict(fewer)


def _put_answer_back(annotation: Annotation, version: int) -> None:
    """Let an answer say again what it said in an earlier save, as a save of its own."""
    earlier = AnnotationRevision.objects.get(annotation=annotation, number=version)
    annotation.answers, annotation.version = earlier.answers, annotation.version + 1
    annotation.save(update_fields=("answers", "version"))
    AnnotationRevision.objects.create(
        annotation=annotation,
        annotator_id=annotation.annotator_id,
        number=annotation.version,
        key=f"import-{annotation.task_id}-{annotation.version}",
        state=earlier.state,
        answers=earlier.answers,
        counted=earlier.counted,
        lead_time_ms=earlier.lead_time_ms,
        skip_reason=earlier.skip_reason,
        schema_version=earlier.schema_version,
        guideline_version=earlier.guideline_version,
        created_at=timezone.now(),
    )
