"""One row per answer: who said what about which question of which task, as it was last saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.formats.rows import Verbatim
from labeling.models import AnnotationState
from labeling.selectors.exports.reading import batches
from labeling.selectors.exports.select import Select, person

if TYPE_CHECKING:
    from labeling.formats.base import CellType
    from labeling.kinds.schema import Schema
    from labeling.models import Project
    from labeling.selectors.exports.reading import Filters, Segment

ANSWER, QUESTION = "answer", "question"

_PICKED: Mapping[str, tuple[str, CellType]] = {
    "task": ("t.id", int),
    "external_id": ("t.external_id", str),
    "split": ("nullif(t.split, '')", str),
    "annotation": ("a.id", int),
    "annotator": (person("u"), str),
    "state": ("a.state", str),
    QUESTION: ("given.key", str),
    ANSWER: ("given.value", str),
    "version": ("a.version", int),
    "counted": ("a.counted", bool),
    "lead_time_ms": ("a.lead_time_ms", int),
    "skip_reason": ("nullif(a.skip_reason, '')", str),
    "schema_version": ("a.schema_version", int),
    "guideline_version": ("a.guideline_version", int),
    "created_at": ("a.created_at", datetime),
    "submitted_at": (f"CASE WHEN a.state = '{AnnotationState.SUBMITTED}' THEN a.updated_at END", datetime),
    "updated_at": ("a.updated_at", datetime),
}

COLUMNS: Mapping[str, CellType] = {name: type for name, (_, type) in _PICKED.items()}
"""What a row says; an answer may be anything that its kind of question takes."""


def rows(
    project: Project, schema: Schema, filters: Filters, columns: Sequence[str], *, escape: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield a row per answer, by task, person and question; what has none (a skip) is one row without a question.

    Without `escape` no text is changed for the sake of spreadsheets; names of labels on offer never are.
    """
    named = {question.name for question in schema.questions if question.class_names}
    for batch in batches(project, filters, lambda segment: str(_rows_of(segment))):
        with connection.cursor() as cursor:
            cursor.execute(batch.statement, batch.values)
            found = cursor.fetchall()
        for cells in found:
            row = dict(zip(COLUMNS, cells, strict=True))
            row[ANSWER] = row[ANSWER] and json.loads(row[ANSWER])
            if not escape:
                row = {name: _verbatim(value) for name, value in row.items()}
            elif row[QUESTION] in named:
                row[ANSWER] = _verbatim(row[ANSWER])
            yield {name: row[name] for name in columns}


def _verbatim(value: Any) -> Any:
    return Verbatim(value) if isinstance(value, str) else value


def _rows_of(segment: Segment) -> Select:
    return Select(
        cells={f"c{number}": pick for number, (pick, _) in enumerate(_PICKED.values())},
        source="labeling_annotation a",
        joins=(
            "JOIN labeling_task t ON t.id = a.task_id",
            "JOIN labeling_queueentry q ON q.task_id = t.id",
            "JOIN labeling_user u ON u.id = a.annotator_id",
            "LEFT JOIN LATERAL jsonb_each(a.answers) given ON true",
        ),
        where=("a.project_id = %(project)s", segment.has("a.task_id"), *segment.wanted),
        order_by="t.id, a.id, given.key",
    )
