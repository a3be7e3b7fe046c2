"""The job: read, check, write in batches; stop when asked, go on where a killed worker stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from django.db import close_old_connections, connection, transaction

from labeling.errors import DomainError, Invalid
from labeling.formats import FormatError, Row, RowProblem, SourceInfo
from labeling.formats.guess import completed
from labeling.formats.mapping import ANNOTATOR, check_mapping
from labeling.formats.memory import bounded_memory
from labeling.formats.registry import reading_of
from labeling.models import ImportProblem, JobRun
from labeling.models.imports import ImportCounts, ImportCursor, ImportOptions, ImportParams, ImportResult
from labeling.selectors import versions as version_reads
from labeling.services import events, jobs, media
from labeling.services.imports import inputs, settling
from labeling.services.imports.batches import Writer
from labeling.services.imports.checking import Checker, Ready
from labeling.services.imports.guessing import named_mapping
from labeling.services.imports.options import ALL_OR_NOTHING, UPDATE, site_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.kinds.schema import Schema
    from labeling.models import Project

BATCH_ROWS = 5_000
BATCH_BYTES = 8 * 1024 * 1024
BATCH_SECONDS = 2.0
ANALYZE_FROM = 10_000
"""Rows after which the planner is told at once how the tables look now, instead of when autovacuum comes by."""

Import: TypeAlias = jobs.RunningJob[ImportParams, ImportCursor]


def run_import(run: Import) -> ImportResult:
    """Import an uploaded file or a folder; returns accepted, rejected and duplicates, also when it fails."""
    try:
        return _import(run)
    except jobs.JobFailedError:
        raise
    except DomainError as error:
        raise jobs.JobFailedError(error.message, result=run.cursor.counts.as_result()) from error


def _import(run: Import) -> ImportResult:
    project = run.job.project
    if project is None:
        raise Invalid("An import needs a project.")
    options = run.params.options
    if run.cursor.over:  # killed after the last row was written
        counts = _settle(run, project, run.cursor.counts.model_copy())
        return _end(run, project, counts, saw_images=run.cursor.images)
    versions = version_reads.current(project.pk)
    schema = version_reads.by_pk(versions.schema_pk)
    with bounded_memory(), inputs.opened(run.params) as source:
        mapping = _mapping(source.info, schema, options)
        work = _Work(
            run=run,
            source=source,
            checker=Checker(project=project, schema=schema, mapping=mapping, key=site_key(), values=options.values),
            writer=Writer(
                job=run.job, project=project, versions=versions, schema=schema, update=options.mode == UPDATE
            ),
        )
        if options.dry_run:
            return work.only_look()
        counts = work.all_or_nothing() if options.mode == ALL_OR_NOTHING else work.keep_good()
    counts = _settle(run, project, counts)
    return _end(run, project, counts, saw_images=work.saw_images)


def _settle(run: Import, project: Project, counts: ImportCounts) -> ImportCounts:
    """Let labels follow from the answers of people that came with the rows; goes on where it was stopped."""
    if not counts.answers and not counts.changed_answers:
        return counts
    cursor = run.cursor

    def checkpoint(last: int) -> None:
        run.checkpoint(cursor.model_copy(update={"settled": last, "counts": counts.model_copy()}))

    settling.settle_answers(job=run.job, project=project, after=cursor.settled, counts=counts, checkpoint=checkpoint)
    counts.people = settling.count_people(run.job)
    return counts


def _end(run: Import, project: Project, counts: ImportCounts, *, saw_images: bool) -> ImportResult:
    """Clean up behind an import; one that could take no row at all fails, and says why."""
    if counts.accepted >= ANALYZE_FROM:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE labeling_task, labeling_queueentry, labeling_label")
    if saw_images:
        media.start_thumbnails(actor=run.job.requested_by, project=project)
    if counts.rejected and not counts.accepted and not counts.duplicates and not counts.any_answers:
        # The file stays, so that its columns can be chosen again.
        raise jobs.JobFailedError(_nothing(run.job, counts), result=counts.as_result())
    inputs.done_with(run.params)
    return counts.as_result()


def _mapping(source: SourceInfo, schema: Schema, options: ImportOptions) -> dict[str, str]:
    fields = {field.name: field.type for field in schema.fields}
    questions = [question.name for question in schema.questions]
    if options.mapping is not None:
        check_mapping(options.mapping, fields=fields, questions=questions)
        return completed(options.mapping, fields=fields, questions=questions)
    mapping = named_mapping(source, schema)
    missing = [
        field.name for field in schema.fields if field.required and f"field:{field.name}" not in mapping.values()
    ]
    names_tasks = "external_id" in mapping.values() and bool({ANNOTATOR, "annotations"} & set(mapping.values()))
    if missing and not names_tasks and not reading_of(source).keys_may_follow(source):
        raise Invalid(
            f"No column of the file is called {missing[0]}, which every task needs. It has: "
            f"{', '.join(source.columns[:20]) or 'no columns'}. Rename a column, or choose where each goes."
        )
    return completed(mapping, fields=fields, questions=questions)


def _nothing(job: JobRun, counts: ImportCounts) -> str:
    first = ImportProblem.objects.filter(job=job).order_by("row", "id").first()
    rows = "The only row was not taken." if counts.rejected == 1 else f"None of {counts.rejected:,} rows was taken."
    if first is None:
        return rows
    where = f", column {first.column}" if first.column else ""
    return f"{rows} Row {first.row:,}{where}: {first.message}"


class _Work:
    """One run through a file."""

    def __init__(self, *, run: Import, source: inputs.Input, checker: Checker, writer: Writer) -> None:
        self._run = run
        self._source = source
        self._checker = checker
        self._writer = writer
        self._row = 0
        self.saw_images = run.cursor.images

    def keep_good(self) -> ImportCounts:
        """Write batch after batch, each with the row it came to: what is written stays, whatever happens after."""
        counts = self._run.cursor.counts.model_copy()
        after = self._run.cursor.row
        try:
            for batch, problems, last in self._batches(after=after):
                with transaction.atomic():
                    self._write(batch, counts)
                    self._writer.report(problems, counts)
                    over = last is None
                    if over:
                        self._finished(counts)
                    self._run.checkpoint(
                        ImportCursor(
                            row=last or self._row, counts=counts.model_copy(), images=self.saw_images, over=over
                        )
                    )
                self._tell(self._run.progress, counts)
        except jobs.JobStoppedError:
            _settle(self._run, self._writer.project, counts)
            # Nothing happens when another worker has taken the job over: the attempt is another then.
            JobRun.objects.filter(pk=self._run.job.pk, attempt=self._run.job.attempt).update(
                result=counts.as_result().dump()
            )
            if self.saw_images:
                media.start_thumbnails(actor=self._run.job.requested_by, project=self._writer.project)
            raise
        return counts

    def all_or_nothing(self) -> ImportCounts:
        """Write everything in one transaction; the first bad row takes all of it back, and the rest is only checked."""
        counts = ImportCounts()
        stored: list[str] = []
        with _outside_transaction(self._run) as progress:
            try:
                with transaction.atomic():
                    for batch, problems, last in self._batches(after=0):
                        self._write(batch, counts, stored)
                        _stop_at(problems, counts)
                        if last is None:
                            self._finished(counts)
                            self._run.checkpoint(ImportCursor(over=True, counts=counts, images=self.saw_images))
                        else:  # the checkpoint locks the job's row until the end, and `progress` would wait for it
                            self._tell(progress, counts)
            except _BadRowError:
                media.discard(stored)
            except BaseException:
                media.discard(stored)
                raise
            else:
                return counts
        return self._only_check()

    def only_look(self) -> ImportResult:
        """Say what would become of the rows, and keep the file to be imported."""
        counts, _ = self._look_through()
        unknown = self._checker.unknown
        return counts.as_result().model_copy(
            update={"dry_run": True, "unknown": unknown.named(), "more_unknown": unknown.more()}
        )

    def _look_through(self) -> tuple[ImportCounts, int]:
        """Count and report the rows of a file of which nothing is kept; returns how many are good in themselves too."""
        counts = ImportCounts()
        seen = 0
        with transaction.atomic():
            ImportProblem.objects.filter(job=self._run.job).delete()
        for batch, problems, _ in self._batches(after=0):
            seen += len(batch)
            with transaction.atomic():
                self._writer.dry_run(batch, counts)
                self._writer.report(problems, counts)
            self._tell(self._run.progress, counts)
        return counts, seen

    def _only_check(self) -> ImportCounts:
        """Report every bad row of a file of which nothing is kept."""
        counts, seen = self._look_through()
        first = ImportProblem.objects.filter(job=self._run.job).order_by("row", "id").first()
        where = f" Row {first.row:,}: {first.message}" if first else ""
        good = seen - counts.duplicates
        message = (
            f"Nothing was imported, because {counts.rejected:,} of {seen + counts.rejected:,} rows could not be taken "
            f"and you chose all or nothing.{where}"
        )
        raise jobs.JobFailedError(message, result=ImportResult(rejected=counts.rejected, good=good))

    def _write(self, batch: list[Ready], counts: ImportCounts, stored: list[str] | None = None) -> None:
        for ready in batch:
            for image in ready.images:
                self.saw_images = True
                if media.store_media(image.content, image.info) and stored is not None:
                    stored.append(image.info.sha256)
        self._writer.write(batch, counts)

    def _finished(self, counts: ImportCounts) -> None:
        job = self._run.job
        events.record(
            verb="import.finished",
            project=job.project,
            actor=job.requested_by,
            job=job.pk,
            filename=self._run.params.filename,
            accepted=counts.accepted,
            rejected=counts.rejected,
            duplicates=counts.duplicates,
            labels=counts.labels,
            updated=counts.updated,
        )

    def _tell(self, progress: Callable[[int, int, str], None], counts: ImportCounts) -> None:
        done = self._source.tell() if self._source.tell else self._row
        message = f"{counts.accepted:,} tasks added"
        if counts.answers:
            message += f" with {counts.answers:,} answers"
        if counts.rejected:
            message += f", {counts.rejected:,} rows not taken"
        if counts.duplicates:
            message += f", {counts.duplicates:,} there already"
        if counts.updated:
            message += f" ({counts.updated:,} updated)"
        progress(min(done, max(0, self._source.total - 1)), max(1, self._source.total), message)

    def _batches(self, *, after: int) -> Iterator[tuple[list[Ready], list[list[RowProblem]], int | None]]:
        """Yield good rows, bad rows, and the number of the last row; None after the last batch."""
        good: list[Ready] = []
        bad: list[list[RowProblem]] = []
        size = 0
        since = time.monotonic()
        for item in self._items():
            self._row = item.number
            if item.number <= after:
                continue
            checked = [item] if isinstance(item, RowProblem) else self._checker.check(item)
            if isinstance(checked, list):
                bad.append(checked)
            else:
                good.append(checked)
                size += len(checked.data) + sum(image.info.size for image in checked.images)
            late = len(good) + len(bad) >= BATCH_ROWS or size >= BATCH_BYTES
            if late or time.monotonic() - since > BATCH_SECONDS:
                yield good, bad, self._row
                good, bad, size, since = [], [], 0, time.monotonic()
        yield good, bad, None

    def _items(self) -> Iterator[Row | RowProblem]:
        """Yield the rows; a file that breaks off ends with a problem where it does."""
        try:
            yield from self._source.rows()
        except FormatError as error:
            yield RowProblem(max(error.row or 0, self._row + 1), "", error.message)


class _BadRowError(Exception):
    """A row of an all-or-nothing import cannot be taken."""


def _stop_at(problems: list[list[RowProblem]], counts: ImportCounts) -> None:
    if problems or counts.rejected or counts.refused_answers:
        raise _BadRowError


@contextmanager
def _outside_transaction(run: Import) -> Iterator[Callable[[int, int, str], None]]:
    """Give a way to tell progress, and to hear of a cancel, from within the one long transaction.

    Another thread has another connection: what it writes is seen at once, and it locks nothing for long.
    """

    def tell(done: int, total: int, message: str) -> None:
        try:
            run.progress(done, total, message)
        finally:
            close_old_connections()

    def leave() -> None:
        connection.close()  # that of the other thread

    with ThreadPoolExecutor(max_workers=1) as pool:
        yield lambda done, total, message: pool.submit(tell, done, total, message).result()
        pool.submit(leave).result()
