"""The job: read and check all rows, then take them all or none; killed and started again it does so once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

from django.db import connection, transaction
from django.utils import timezone

from labeling.errors import Invalid
from labeling.formats.memory import bounded_memory
from labeling.formats.registry import reading_of
from labeling.formats.rows import FormatError, Row, RowProblem, SourceInfo, weigh
from labeling.models import JobRun, Upload
from labeling.selectors import versions as version_reads
from labeling.services import events, imports, jobs
from quality.models import PushedModel
from quality.models.jobs import PredictionsCursor, PredictionsParams, PredictionsResult
from quality.services.predictions.rows import Reader
from quality.tracks.lookup import track_named

if TYPE_CHECKING:
    from labeling.formats import Item
    from labeling.formats.base import Reading
    from labeling.models import Project
    from quality.services.predictions.rows import Sent

Taking: TypeAlias = jobs.RunningJob[PredictionsParams, PredictionsCursor]

BATCH = 2_000
BATCH_BYTES = 8 * 1024 * 1024
MAX_PROBLEMS = 1_000

# Outside of a transaction, so that progress can be told and a cancel heard: a session's own table is nobody's business.
_GONE = "DROP TABLE IF EXISTS pg_temp.quality_sent"
_SENT = """
CREATE TEMPORARY TABLE quality_sent (row bigint, task_id bigint, external_id text, probabilities bytea)
"""
_BY_EXTERNAL_ID = """
UPDATE quality_sent s SET task_id = t.id FROM labeling_task t
WHERE s.external_id IS NOT NULL AND t.project_id = %(project)s AND t.external_id = s.external_id
"""
_UNKNOWN = """
SELECT s.row, left(coalesce(s.external_id, s.task_id::text), 100), count(*) OVER () FROM quality_sent s
LEFT JOIN labeling_task t ON t.id = s.task_id AND t.project_id = %(project)s
WHERE t.id IS NULL ORDER BY s.row LIMIT %(most)s
"""
_TWICE = """
SELECT min(s.row), max(s.row), count(*) OVER () FROM quality_sent s
GROUP BY s.task_id HAVING count(*) > 1 ORDER BY 1 LIMIT %(most)s
"""
_TAKE = """
INSERT INTO quality_pushedprediction (model_id, task_id, probabilities)
SELECT %(model)s, task_id, probabilities FROM quality_sent
ON CONFLICT (model_id, task_id) DO UPDATE SET probabilities = excluded.probabilities
"""


@dataclass(slots=True)
class _Problems:
    """Rows that cannot be taken: how many, and the first of them."""

    count: int = 0
    first: list[RowProblem] = field(default_factory=list)

    def add(self, problems: list[RowProblem], count: int | None = None) -> None:
        self.count += len(problems) if count is None else count
        self.first += problems[: MAX_PROBLEMS - len(self.first)]


class _RefusedError(Exception):
    """Not every row can be taken."""

    def __init__(self, problems: _Problems, rows: int) -> None:
        super().__init__()
        self.problems = problems
        self.rows = rows


def take_predictions(run: Taking) -> PredictionsResult:
    """Take in a file of predictions, all rows or none, and use them from the next run on."""
    try:
        taken = run.cursor.taken if run.cursor.over else _take(run)
    except jobs.JobStoppedError:
        if JobRun.objects.filter(pk=run.job.pk).exclude(cancel_requested_at=None).exists():
            _done_with(run.params)
        raise
    except _RefusedError as refused:
        _done_with(run.params)
        raise _as_failure(run, refused) from None
    except Invalid:
        _done_with(run.params)
        raise
    _done_with(run.params)
    return PredictionsResult(model=run.params.model, question=run.params.question, taken=taken)


def _take(run: Taking) -> int:
    project, params = run.job.project, run.params
    asked = version_reads.schema(project.pk).question(params.question) if project is not None else None
    if project is None or asked is None or not asked.track:
        raise Invalid(f"“{params.question}” is no question of this project any more.")
    reader = Reader(asked.class_names, track_named(asked.track))
    problems = _Problems()
    with connection.cursor() as cursor:
        cursor.execute(_GONE)
        cursor.execute(_SENT)
        rows = _stage(run, cursor, reader, problems)
        if not rows:
            raise Invalid("There is not a single row in what was sent.")
        if not problems.count:
            _use(run, cursor, asked.class_names, problems, rows)
        cursor.execute("DROP TABLE quality_sent")
    if problems.count:
        raise _RefusedError(problems, rows)
    return rows


def _stage(run: Taking, cursor: Any, reader: Reader, problems: _Problems) -> int:
    """Read all rows into a table of their own; return how many there were."""
    rows = 0
    with bounded_memory(), _opened(run.params) as (file, source, reading):
        total = reading.total(file, source)
        waiting = _items(reading, file, source)
        while batch := list(_some_of(waiting)):
            rows += len(batch)
            sent, wrong = reader.read(batch)
            problems.add(wrong)
            _copy(cursor, sent)
            done = rows if total.in_rows else file.tell()
            told = f", {problems.count:,} of them wrong" if problems.count else ""
            run.progress(min(done, max(0, total.amount - 1)), max(1, total.amount), f"{rows:,} rows read{told}")
    return rows


@contextmanager
def _opened(params: PredictionsParams) -> Iterator[tuple[BinaryIO, SourceInfo, Reading]]:
    upload = Upload.objects.filter(pk=params.upload).first()
    if upload is None or not upload.file:
        raise Invalid("The file of these predictions is gone. Send it again.")
    source = SourceInfo(format=params.form)
    with upload.file.open("rb") as handle:
        yield cast("BinaryIO", handle), source, reading_of(source)


def _items(reading: Reading, file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield the rows; a file that breaks off ends with a problem where it does."""
    try:
        yield from reading.read(file, source)
    except FormatError as error:
        if error.row is None:
            raise
        yield RowProblem(error.row, "", error.message)


def _some_of(waiting: Iterator[Item]) -> Iterator[Item]:
    """Yield some rows, fewer where they are heavy: they are held all at once."""
    weight = 0
    for item in islice(waiting, BATCH):
        yield item
        weight += weigh(item.values) if isinstance(item, Row) else 0
        if weight > BATCH_BYTES:
            return


def _copy(cursor: Any, sent: list[Sent]) -> None:
    with cursor.copy("COPY quality_sent FROM STDIN") as copy:
        for row in sent:
            copy.write_row((row.number, row.task, row.external_id, row.probabilities))


@transaction.atomic
def _use(run: Taking, cursor: Any, classes: list[str], problems: _Problems, rows: int) -> None:
    """Let the staged rows be the model's predictions, unless one is about no task or about the same as another."""
    project, params = run.job.project, run.params
    if project is None:
        raise Invalid("Predictions need a project.")
    values: dict[str, Any] = {"project": project.pk, "most": MAX_PROBLEMS}
    cursor.execute(_BY_EXTERNAL_ID, values)
    cursor.execute(_UNKNOWN, values)
    unknown = cursor.fetchall()
    problems.add(
        [RowProblem(row, "", f"There is no task “{named}” in this project.") for row, named, _ in unknown],
        unknown[0][2] if unknown else 0,
    )
    if not unknown:
        cursor.execute(_TWICE, values)
        twice = cursor.fetchall()
        problems.add(
            [RowProblem(last, "", f"Row {first:,} is about the same task.") for first, last, _ in twice],
            twice[0][2] if twice else 0,
        )
    if problems.count:
        return
    model = _model_in_use(run, project, classes)
    cursor.execute(_TAKE, {"model": model.pk})
    events.record(
        verb="predictions.pushed",
        project=project,
        actor=run.job.requested_by,
        question=params.question,
        model=params.model,
        count=rows,
    )
    run.checkpoint(PredictionsCursor(over=True, taken=rows))


def _model_in_use(run: Taking, project: Project, classes: list[str]) -> PushedModel:
    """Return the model of that name as the one in use."""
    params = run.params
    models = PushedModel.objects.filter(project=project, question=params.question)
    models.filter(active=True).exclude(name=params.model).update(active=False, updated_at=timezone.now())
    model = models.select_for_update().filter(name=params.model).first()
    if model is not None and model.classes != classes:
        # The schema has other labels since: rows of another length say nothing about these.
        model.delete()
        model = None
    if model is None:
        return PushedModel.objects.create(
            project=project,
            question=params.question,
            name=params.model,
            classes=classes,
            out_of_fold=params.out_of_fold,
            created_by=run.job.requested_by or project.created_by,
        )
    model.active = True
    model.out_of_fold = params.out_of_fold
    model.save(update_fields=("active", "out_of_fold", "updated_at"))
    return model


def _as_failure(run: Taking, refused: _RefusedError) -> jobs.JobFailedError:
    """Keep what was wrong with the rows, and say it in a sentence."""
    problems, params = refused.problems, run.params
    imports.keep_problems(job=run.job, problems=problems.first)
    first = problems.first[0]
    rows = "1 row" if refused.rows == 1 else f"{refused.rows:,} rows"
    message = (
        f"Nothing was taken, because {problems.count:,} of {rows} could not be. Row {first.number:,}: {first.message}"
    )
    result = PredictionsResult(model=params.model, question=params.question, rejected=problems.count)
    return jobs.JobFailedError(message, result=result)


def _done_with(params: PredictionsParams) -> None:
    """Delete the file: what is to be taken is taken, and what was wrong is to be sent again."""
    upload = Upload.objects.filter(pk=params.upload).first()
    if upload is not None:
        imports.discard(upload)
