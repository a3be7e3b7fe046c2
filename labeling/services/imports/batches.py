"""Write checked rows: duplicates told apart, tables filled by COPY, one transaction per batch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from labeling import locks
from labeling.formats import RowProblem
from labeling.models import LabelSource, TaskState
from labeling.services import media
from labeling.services.imports import history
from labeling.services.imports.problems import add_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.models import JobRun, Project
    from labeling.models.imports import ImportCounts
    from labeling.selectors.versions import Versions
    from labeling.services.imports.checking import Ready

MAX_PROBLEMS = 10_000
"""Problems that are kept of one import; all are counted."""

_KNOWN_IDS = (
    "SELECT external_id, content_hash FROM labeling_task WHERE project_id = %s AND external_id = ANY(%s::text[])"
)
_KNOWN_CONTENT = "SELECT content_hash FROM labeling_task WHERE project_id = %s AND content_hash = ANY(%s::text[])"
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


class Writer:
    """Writes the batches of one import."""

    def __init__(self, *, job: JobRun, project: Project, versions: Versions) -> None:
        self._job = job
        self.project = project
        self._versions = versions

    def write(self, batch: Sequence[Ready], counts: ImportCounts) -> None:
        """Write what is new of a batch; to be called within a transaction."""
        if not batch:
            return
        locks.lock_import(self.project.pk)
        with connection.cursor() as cursor:
            fresh, problems = self._fresh(cursor, batch, counts)
            if fresh:
                cursor.execute(_NEW_IDS, (len(fresh),))
                ids = [row[0] for row in cursor.fetchall()]
                self._copy(cursor, fresh, ids, timezone.now(), counts)
        self.report(problems, counts)

    def dry_run(self, batch: Sequence[Ready], counts: ImportCounts) -> None:
        """Report the rows of a batch that could not be written, and write none."""
        with connection.cursor() as cursor:
            _, problems = self._fresh(cursor, batch, counts)
        self.report(problems, counts)

    def _fresh(
        self, cursor: Any, batch: Sequence[Ready], counts: ImportCounts
    ) -> tuple[list[Ready], list[list[RowProblem]]]:
        """Tell new rows from those that are there already, in the project or earlier in the batch."""
        named = [row.external_id for row in batch if row.external_id]
        by_id: dict[str, str] = {}
        if named:
            cursor.execute(_KNOWN_IDS, (self.project.pk, named))
            by_id.update(cursor.fetchall())
        unnamed = [row.content_hash for row in batch if not row.external_id]
        contents: set[str] = set()
        if unnamed:
            cursor.execute(_KNOWN_CONTENT, (self.project.pk, unnamed))
            contents.update(row[0] for row in cursor.fetchall())
        fresh: list[Ready] = []
        problems: list[list[RowProblem]] = []
        for row in batch:
            if row.external_id is None:
                if row.content_hash in contents:
                    counts.duplicates += 1
                    continue
                contents.add(row.content_hash)
            elif (there := by_id.get(row.external_id)) is not None:
                if there == row.content_hash:
                    counts.duplicates += 1
                else:
                    problems.append([_taken(row)])
                continue
            else:
                by_id[row.external_id] = row.content_hash
                contents.add(row.content_hash)
            fresh.append(row)
        return fresh, problems

    def _copy(
        self, cursor: Any, fresh: Sequence[Ready], ids: Sequence[int], now: datetime, counts: ImportCounts
    ) -> None:
        project, job = self.project.pk, self._job.pk
        infos = [image.info for row in fresh for image in row.images]
        if infos:
            media.link(project, infos)
        with cursor.copy(_TASKS) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                copy.write_row(
                    (pk, project, row.external_id, row.content_hash, row.data, row.meta, row.split, job, now)
                )
        with cursor.copy(_ENTRIES) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                required, open_slots, state = self._place(row)
                copy.write_row((pk, project, 0.0, "", required, open_slots, state))
        actor = self._job.requested_by_id
        schema = self._versions.schema
        with cursor.copy(_LABELS) as copy:
            for pk, row in zip(ids, fresh, strict=True):
                for label in row.labels:
                    if row.history is not None and label.question in row.history.current_questions:
                        continue
                    copy.write_row(
                        (pk, project, label.question, label.value, label.classes, LabelSource.IMPORT.value, actor,
                         schema, 0, now)
                    )  # fmt: skip
                    counts.labels += 1
        restored = [(pk, row.history) for pk, row in zip(ids, fresh, strict=True) if row.history is not None]
        if restored:
            counts.labels += history.restore(project=self.project, versions=self._versions, restored=restored)
        counts.accepted += len(fresh)

    def _place(self, row: Ready) -> tuple[int, int, str]:
        """Return required people, open slots and state: a task that comes with all its labels asks nobody."""
        if row.history is not None:
            return row.history.place(complete=row.complete)
        if row.complete:
            return 0, 0, TaskState.LABELED.value
        return self.project.overlap, self.project.overlap, TaskState.TODO.value

    def report(self, rows: Iterable[Sequence[RowProblem]], counts: ImportCounts) -> None:
        """Count rows that were not taken and keep why, up to a limit."""
        kept: list[RowProblem] = []
        for problems in rows:
            counts.rejected += 1
            for problem in problems:
                if counts.problems_kept < MAX_PROBLEMS:
                    counts.problems_kept += 1
                    kept.append(problem)
        add_problems(job=self._job, problems=kept)


def _taken(row: Ready) -> RowProblem:
    return RowProblem(
        row.number,
        "external_id",
        f"The external id {row.external_id} belongs to a task with other content, and that of a task never changes.",
    )
