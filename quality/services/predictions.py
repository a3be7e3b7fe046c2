"""Predictions of a team's own model: taken in, checked, and used instead of the fixed model's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from labeling.errors import Invalid, NotFound, Problem
from labeling.formats.rows import Row, RowProblem
from labeling.selectors import versions as version_reads
from labeling.services import events
from quality.models import PushedModel
from quality.tracks.lookup import track_named

if TYPE_CHECKING:
    from labeling.formats.rows import Item
    from labeling.models import Project, User
    from quality.learning.arrays import Floats
    from quality.tracks.base import Track

MAX_NAME = 100
MAX_PROBLEMS = 50
BATCH = 2_000
KEYS = {"task", "external_id", "probabilities"}

_SENT = """
CREATE TEMPORARY TABLE quality_sent (row bigint, task_id bigint, external_id text, probabilities bytea) ON COMMIT DROP
"""
_BY_EXTERNAL_ID = """
UPDATE quality_sent s SET task_id = t.id FROM labeling_task t
WHERE s.external_id IS NOT NULL AND t.project_id = %(project)s AND t.external_id = s.external_id
"""
_UNKNOWN = """
SELECT s.row, coalesce(s.external_id, s.task_id::text) FROM quality_sent s
LEFT JOIN labeling_task t ON t.id = s.task_id AND t.project_id = %(project)s
WHERE t.id IS NULL ORDER BY s.row LIMIT 50
"""
_TWICE = """
SELECT min(s.row), max(s.row) FROM quality_sent s GROUP BY s.task_id HAVING count(*) > 1 ORDER BY 1 LIMIT 50
"""
_TAKE = """
INSERT INTO quality_pushedprediction (model_id, task_id, probabilities)
SELECT %(model)s, task_id, probabilities FROM quality_sent
ON CONFLICT (model_id, task_id) DO UPDATE SET probabilities = excluded.probabilities
"""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was taken in."""

    model: PushedModel
    taken: int


@transaction.atomic
def push(*, actor: User, project: Project, question: str, name: str, out_of_fold: bool, rows: Iterable[Item]) -> Pushed:
    """Take in a model's class probabilities, all rows or none, and use them from the next run on.

    A row names its task by `external_id` or by `task` (the id), and gives `probabilities` by label; labels left out
    have probability 0. Sent again under the same name, a task's prediction is replaced; a model of another name takes
    the place of the one in use, whose predictions are kept.
    """
    name = name.strip()
    asked = version_reads.schema(project.pk).question(question)
    if asked is None or not asked.track:
        message = f"“{question[:64]}” is no question of this project that has labels to choose from."
        raise Invalid(message, problems=(Problem("question", message),))
    if not name or len(name) > MAX_NAME or not name.isprintable():
        message = f"The model needs a name of 1 to {MAX_NAME} printable characters."
        raise Invalid(message, problems=(Problem("model", message),))
    positions = {label: position for position, label in enumerate(asked.class_names)}
    values: dict[str, Any] = {"project": project.pk}
    with connection.cursor() as cursor:
        cursor.execute(_SENT)
        taken = 0
        waiting = iter(rows)
        while batch := list(islice(waiting, BATCH)):
            taken += len(batch)
            _copy(cursor, batch, positions, track_named(asked.track))
        if not taken:
            raise Invalid("There is not a single row in what was sent.")
        cursor.execute(_BY_EXTERNAL_ID, values)
        cursor.execute(_UNKNOWN, values)
        _refuse((row, f"There is no task “{named}” in this project.") for row, named in cursor.fetchall())
        cursor.execute(_TWICE)
        _refuse((last, f"Row {first} is about the same task.") for first, last in cursor.fetchall())
        model = _model(actor, project, question, name, asked.class_names, out_of_fold=out_of_fold)
        cursor.execute(_TAKE, {"model": model.pk})
        cursor.execute("DROP TABLE quality_sent")
    events.record(verb="predictions.pushed", project=project, actor=actor, question=question, model=name, count=taken)
    return Pushed(model=model, taken=taken)


@transaction.atomic
def switch_off(*, actor: User, project: Project, question: str) -> None:
    """Go back to the fixed model from the next run on; what was sent is kept."""
    model = PushedModel.objects.select_for_update().filter(project=project, question=question, active=True).first()
    if model is None:
        raise NotFound
    model.active = False
    model.save(update_fields=("active", "updated_at"))
    events.record(verb="predictions.switched_off", project=project, actor=actor, question=question, model=model.name)


def _model(
    actor: User, project: Project, question: str, name: str, classes: list[str], *, out_of_fold: bool
) -> PushedModel:
    """Return the model of that name as the one in use."""
    models = PushedModel.objects.filter(project=project, question=question)
    models.filter(active=True).exclude(name=name).update(active=False, updated_at=timezone.now())
    model = models.select_for_update().filter(name=name).first()
    if model is not None and model.classes != classes:
        # The schema has other labels since: rows of another length say nothing about these.
        model.delete()
        model = None
    if model is None:
        return PushedModel.objects.create(
            project=project, question=question, name=name, classes=classes, out_of_fold=out_of_fold, created_by=actor
        )
    model.active = True
    model.out_of_fold = out_of_fold
    model.save(update_fields=("active", "out_of_fold", "updated_at"))
    return model


def _copy(cursor: Any, batch: list[Item], positions: dict[str, int], track: Track) -> None:
    values = np.zeros((len(batch), len(positions)), dtype=np.float32)
    named: list[tuple[int, int | None, str | None]] = []
    problems: list[tuple[int, str]] = []
    for place, item in enumerate(batch):
        if isinstance(item, RowProblem):
            problems.append((item.number, item.message))
            continue
        try:
            named.append(_read(item, positions, values[place]))
        except ValueError as error:
            problems.append((item.number, str(error)))
    _refuse(problems)
    _check(values, [row for row, _, _ in named], track)
    with cursor.copy("COPY quality_sent FROM STDIN") as copy:
        for (row, task, external_id), line in zip(named, values, strict=True):
            copy.write_row((row, task, external_id, line.astype("<f4").tobytes()))


def _read(item: Row, positions: dict[str, int], line: Floats) -> tuple[int, int | None, str | None]:
    """Write a row's probabilities into `line`; return its number and its task."""
    given = item.values
    if unknown := given.keys() - KEYS:
        message = f"“{min(unknown)[:50]}” is no key of a prediction. Expected {', '.join(sorted(KEYS))}."
        raise ValueError(message)
    task, external_id = given.get("task"), given.get("external_id")
    if (task is None) == (external_id is None):
        message = "Expected either task (an id) or external_id."
        raise ValueError(message)
    if task is not None and (isinstance(task, bool) or not isinstance(task, int) or not 0 < task < 2**63):
        message = "Expected the id of a task, a whole number, in task."
        raise ValueError(message)
    shown = given.get("probabilities")
    if isinstance(shown, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in shown):
        shown = dict(shown)  # a map column of Parquet
    if not isinstance(shown, dict) or not shown:
        message = 'Expected probabilities by label, such as {"billing": 0.9, "delivery": 0.1}.'
        raise ValueError(message)
    for label, value in shown.items():
        if label not in positions:
            message = f"“{str(label)[:100]}” is no label of the question."
            raise ValueError(message)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            message = f"Expected a number as the probability of “{label[:100]}”."
            raise ValueError(message)  # noqa: TRY004 - the sender's mistake, like all others here
        line[positions[label]] = value
    return item.number, task, None if external_id is None else str(external_id)


def _check(values: Floats, rows: list[int], track: Track) -> None:
    try:
        track.check(values, rows=values.shape[0], classes=values.shape[1])
    except Invalid as error:
        first = error.problems[0]
        if first.row is None:
            raise
        # It counts from the start of the batch; people count from the start of the file.
        row = rows[first.row - 1]
        message = first.message.replace(f"Row {first.row:,}", f"Row {row:,}", 1)
        raise Invalid(message, problems=(Problem("probabilities", message, row=row),)) from None


def _refuse(problems: Iterable[tuple[int, str]]) -> None:
    found = [Problem("", message, row=row) for row, message in islice(iter(problems), MAX_PROBLEMS)]
    if found:
        message = f"Nothing was taken: row {found[0].row:,}: {found[0].message}"
        raise Invalid(message, problems=found)
