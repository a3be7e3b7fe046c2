"""Write checked rows: duplicates told apart, tables filled by COPY, one transaction per batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from labeling import locks
from labeling.formats import RowProblem
from labeling.models import LabelSource, TaskState
from labeling.services import media, overlap
from labeling.services.imports import history
from labeling.services.imports.answers import Answers
from labeling.services.imports.problems import add_problems
from labeling.services.imports.updating import Repeats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.kinds.schema import Schema
    from labeling.models import JobRun, Project
    from labeling.models.imports import ImportCounts
    from labeling.selectors.versions import Versions
    from labeling.services.imports.checking import Ready

MAX_PROBLEMS = 10_000
"""Problems that are kept of one import; all are counted."""

_KNOWN_IDS = (
    "SELECT external_id, content_hash, id FROM labeling_task WHERE project_id = %s AND external_id = ANY(%s::text[])"
)
_KNOWN_CONTENT = (
    "SELECT content_hash, min(id) FROM labeling_task WHERE project_id = %s AND content_hash = ANY(%s::text[]) "
    "GROUP BY content_hash"
)
_NEW_IDS = "SELECT nextval(pg_get_serial_sequence('labeling_task', 'id')) FROM generate_series(1, %s)"
_TASKS = (
    "COPY labeling_task (id, project_id, external_id, content_hash, data, meta, split, import_job_id, created_at) "
    "FROM STDIN"
)
_ENTRIES = "COPY labeling_queueentry (task_id, project_id, priority, reason, required, open_slots, state) FROM STDIN"
_LABELS = (
    "COPY labeling_label (task_id, project_id, question, value, classes, source, created_by_id, schema_version, "
    "guideline_version, created_at) FROM STDIN"
)


@dataclass(slots=True)
class Sorted:
    """Rows told apart: new ones, those whose task is there (its id) or comes with a new row, and what is wrong."""

    fresh: list[Ready] = field(default_factory=list)
    repeats: list[tuple[Ready, Ready | int]] = field(default_factory=list)
    problems: list[list[RowProblem]] = field(default_factory=list)


class Adder:
    """Tells rows of new tasks from those of tasks that are there, and adds the new ones to a project."""

    def __init__(self, *, project: Project, versions: Versions, actor_id: int | None, job_id: int | None) -> None:
        self._project = project
        self._versions = versions
        self._actor = actor_id
        self._job = job_id

    def tell_apart(self, batch: Sequence[Ready]) -> Sorted:
        """Tell new rows from those that are there already, in the project or earlier in the batch."""
        by_id, contents = self._known(batch)
        found = Sorted()
        for row in batch:
            if row.external_id is None:
                if (there := contents.get(row.content_hash)) is not None:
                    found.repeats.append((row, there))
                    continue
            elif (known := by_id.get(row.external_id)) is not None:
                content, there = known
                if row.is_bare or content == row.content_hash:
                    found.repeats.append((row, there))
                else:
                    found.problems.append([_taken(row)])
                continue
            elif row.is_bare and not row.data:
                found.problems.append([_unknown(row)])
                continue
            else:
                by_id[row.external_id] = row.content_hash, row
            contents.setdefault(row.content_hash, row)
            found.fresh.append(row)
        return found

    def _known(self, batch: Sequence[Ready]) -> tuple[dict[str, tuple[str, Ready | int]], dict[str, Ready | int]]:
        """Return the tasks that are there: by external id with their content, and by content."""
        named = [row.external_id for row in batch if row.external_id]
        unnamed = [row.content_hash for row in batch if not row.external_id]
        by_id: dict[str, tuple[str, Ready | int]] = {}
        contents: dict[str, Ready | int] = {}
        with connection.cursor() as cursor:
            if named:
                cursor.execute(_KNOWN_IDS, (self._project.pk, named))
                by_id.update((external, (content, pk)) for external, content, pk in cursor.fetchall())
            if unnamed:
                cursor.execute(_KNOWN_CONTENT, (self._project.pk, unnamed))
                contents.update(cursor.fetchall())
        return by_id, contents

    def add(self, fresh: Sequence[Ready]) -> tuple[list[int], int]:
        """Write new rows under the lock of imports; returns the ids of their tasks, and the number of labels."""
        if not fresh:
            return [], 0
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_NEW_IDS, (len(fresh),))
            ids = [row[0] for row in cursor.fetchall()]
            self._project = overlap.locked_settings(self._project.pk)
            labels = self._copy(cursor, fresh, ids, now)
        asking = [pk for pk, row in zip(ids, fresh, strict=True) if not (row.history or row.given or row.complete)]
        overlap.fit_new_tasks(project=self._project, task_ids=asking)
        return ids, labels

    def _copy(self, cursor: Any, fresh: Sequence[Ready], ids: Sequence[int], now: datetime) -> int:
        project = self._project.pk
        infos = [image.info for row in fresh for image in row.images]
        if infos:
            media.link(project, infos)
        with cursor.copy(_TASKS) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                copy.write_row(
                    (pk, project, row.external_id, row.content_hash, row.data, row.meta, row.split, self._job, now)
                )
        with cursor.copy(_ENTRIES) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                required, open_slots, state = self._place(row)
                copy.write_row((pk, project, 0.0, "", required, open_slots, state))
        labels = 0
        schema = self._versions.schema
        with cursor.copy(_LABELS) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                for label in row.labels:
                    if row.history is not None and label.question in row.history.current_questions:
                        continue
                    copy.write_row(
                        (pk, project, label.question, label.value, label.classes, LabelSource.IMPORT.value,
                         self._actor, schema, 0, now)
                    )  # fmt: skip
                    labels += 1
        restored = [(pk, row.history) for pk, row in zip(ids, fresh, strict=True) if row.history is not None]
        if restored:
            labels += history.restore(project=self._project, versions=self._versions, restored=restored)
        return labels

    def _place(self, row: Ready) -> tuple[int, int, str]:
        """Return required people, open slots and state: a task that comes with all its labels asks nobody."""
        if row.history is not None:
            return row.history.place(complete=row.complete)
        if row.given:
            return 0, 0, (TaskState.LABELED if row.complete else TaskState.TODO).value
        if row.complete:
            return 0, 0, TaskState.LABELED.value
        return self._project.overlap, self._project.overlap, TaskState.TODO.value


class Writer:
    """Writes the batches of one import."""

    def __init__(
        self, *, job: JobRun, project: Project, versions: Versions, schema: Schema, update: bool = False
    ) -> None:
        self._job = job
        self.project = project
        self._adder = Adder(project=project, versions=versions, actor_id=job.requested_by_id, job_id=job.pk)
        self._answers = Answers(job=job, project=project, versions=versions, schema=schema, update=update)
        self._repeats = Repeats(job=job, project=project, versions=versions, schema=schema, update=update)

    def write(self, batch: Sequence[Ready], counts: ImportCounts) -> None:
        """Write what is new of a batch; to be called within a transaction."""
        if not batch:
            return
        locks.lock_import(self.project.pk)
        found = self._adder.tell_apart(batch)
        ids, labels = self._adder.add(found.fresh)
        new = {id(row): pk for row, pk in zip(found.fresh, ids, strict=True)}
        counts.accepted += len(ids)
        counts.labels += labels
        counts.duplicates += sum(not row.given for row, _ in found.repeats)
        repeats = [(row, there if isinstance(there, int) else new[id(there)]) for row, there in found.repeats]
        self._repeats.take([pair for pair in repeats if _says_more(pair[0])], counts)
        told = [(row, new[id(row)]) for row in found.fresh] + repeats
        refused = self._answers.take([pair for pair in told if pair[0].given], counts)
        self.report(found.problems, counts)
        self._report_refused(batch, refused, counts)

    def dry_run(self, batch: Sequence[Ready], counts: ImportCounts) -> None:
        """Count what would become of the rows of a batch, report those that could not be written, and write none."""
        found = self._adder.tell_apart(batch)
        counts.accepted += len(found.fresh)
        counts.labels += sum(len(row.labels) for row in found.fresh)
        counts.duplicates += sum(not row.given for row, _ in found.repeats)
        repeats = [(row, there) for row, there in found.repeats if _says_more(row)]
        self._repeats.look([(row, there) for row, there in repeats if isinstance(there, int)], counts)
        counts.conflicts += sum(_contradict(row, there) for row, there in repeats if not isinstance(there, int))
        told: list[tuple[Ready, int | None]] = [(row, None) for row in found.fresh]
        told += [(row, there if isinstance(there, int) else None) for row, there in found.repeats]
        refused = self._answers.look([pair for pair in told if pair[0].given], counts)
        self.report(found.problems, counts)
        self._report_refused(batch, refused, counts)

    def report(self, rows: Iterable[Sequence[RowProblem]], counts: ImportCounts) -> None:
        """Count rows that were not taken and keep why, up to a limit."""
        found = list(rows)
        counts.rejected += len(found)
        self._keep((problem for problems in found for problem in problems), counts)

    def _report_refused(self, batch: Sequence[Ready], refused: Sequence[RowProblem], counts: ImportCounts) -> None:
        """Keep why answers of people were not taken, in rows that were."""
        faults = [fault for row in batch for fault in row.faults]
        counts.refused_answers += len(faults)
        self._keep((*faults, *refused), counts)

    def _keep(self, problems: Iterable[RowProblem], counts: ImportCounts) -> None:
        kept = list(islice(problems, MAX_PROBLEMS - counts.problems_kept))
        counts.problems_kept += len(kept)
        add_problems(job=self._job, problems=kept)


def _says_more(row: Ready) -> bool:
    """Return whether a row says anything beside what people answered."""
    return not row.given or bool(row.labels)


def _contradict(row: Ready, other: Ready) -> bool:
    said = {label.question: label.value for label in other.labels}
    return any(said.get(label.question, label.value) != label.value for label in row.labels)


def _unknown(row: Ready) -> RowProblem:
    return RowProblem(
        row.number,
        "external_id",
        f"There is no task {row.external_id} in the project, and the row has nothing that a task could show.",
    )


def _taken(row: Ready) -> RowProblem:
    return RowProblem(
        row.number,
        "external_id",
        f"The external id {row.external_id} belongs to a task with other content, and that of a task never changes.",
    )
