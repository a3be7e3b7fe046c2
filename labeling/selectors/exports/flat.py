"""One row per task, with its data and each question's label of record: for CSV, Parquet and their like.

The database picks the cells apart and writes the CSV: Python would take several times as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.formats.base import ColumnType
from labeling.formats.rows import EXPORT_MARK
from labeling.selectors.exports.cells import bare_value, compact_json, filled, kept_apart, without_formula
from labeling.selectors.exports.reading import batches
from labeling.selectors.exports.select import Select, left_join

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project
    from labeling.selectors.exports.reading import Filters, Segment

STATE = "dcai_state"

_NUMBERS: dict[ColumnType, str] = {int: "bigint", float: "float8"}
_IMAGE: ColumnType = {"sha256": str, "width": int, "height": int, "name": str, "bytes": int}

Write = Callable[[str], str]
"""From the SQL of a value to the SQL of the cell that is written."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows.

    Parameters
    ----------
    pick
        The SQL that picks the value, or of a JSON object one of whose members has the column's name.
    in_csv, typed
        How the value is written as CSV, and as the column's type.
    member
        How the member of that name is taken out of the object; empty: `pick` is the value itself.
    """

    name: str
    pick: str
    in_csv: Write
    typed: Write = str
    type: ColumnType = str
    member: str = ""


def columns_of(schema: Schema, *, escape: bool = True) -> list[Column]:
    """Return the columns of a project's rows; the first is the one by which they are put in order.

    Parameters
    ----------
    escape
        Whether a cell of CSV that a spreadsheet would run is written with an apostrophe. One that holds labels on offer
        never is: who reads it would know a class under another name.
    """
    safely = without_formula if escape else kept_apart
    return [
        Column(EXPORT_MARK, "t.id", in_csv=str, type=int),
        _text_column("external_id", "t.external_id", safely),
        _text_column("split", filled("t.split"), safely),
        _text_column(STATE, "q.state", safely),
        *(
            Column(
                field.name, "t.data", in_csv=partial(_image_in_csv, safely), typed=_structure, type=_IMAGE, member="->"
            )
            if field.type == "image"
            else _text_column(field.name, "t.data", safely, member="->>")
            for field in schema.fields
        ),
        *(
            _answer_column(question.name, question.column, kept_apart if question.class_names else safely)
            for question in schema.questions
        ),
        _text_column("meta", "nullif(t.meta, '{}')::text", safely),
    ]


def _text_column(name: str, pick: str, safely: Write, *, member: str = "") -> Column:
    return Column(name, pick, in_csv=lambda cell: filled(safely(cell)), member=member)


def _answer_column(name: str, type: ColumnType, safely: Write) -> Column:
    typed: Write
    if isinstance(type, list | dict):
        typed = _structure
    elif type in _NUMBERS:
        typed = partial(_number, _NUMBERS[type])
    else:
        typed = _words
    return Column(name, "l.given", in_csv=partial(_answer_in_csv, safely), typed=typed, type=type, member="->")


def _image_in_csv(safely: Write, cell: str) -> str:
    return safely(f"coalesce(nullif({cell} ->> 'name', ''), {cell} ->> 'sha256')")


def _answer_in_csv(safely: Write, cell: str) -> str:
    text, structure = filled(safely(bare_value(cell))), compact_json(cell)
    return (
        f"CASE jsonb_typeof({cell}) WHEN 'string' THEN {text} "
        f"WHEN 'array' THEN {structure} WHEN 'object' THEN {structure} ELSE {bare_value(cell)} END"
    )


def _structure(cell: str) -> str:
    return f"nullif({cell}, 'null')::text"


def _number(sql_type: str, cell: str) -> str:
    return f"{bare_value(cell)}::{sql_type}"


def _words(cell: str) -> str:
    return (
        f"CASE WHEN jsonb_typeof({cell}) IN ('array', 'object') THEN {compact_json(cell)} ELSE {bare_value(cell)} END"
    )


def records(project: Project, columns: Sequence[Column], filters: Filters) -> Iterator[bytes]:
    """Yield the rows as PostgreSQL writes them as CSV."""

    def copy_of(segment: Segment) -> str:
        return f"COPY ({_rows_of(segment, columns, lambda column: column.in_csv)}) TO STDOUT (FORMAT csv)"

    for batch in batches(project, filters, copy_of, **_names_of(columns)):
        with connection.cursor() as cursor, cursor.copy(batch.statement, batch.values) as copied:
            # A batch at once: the database must not wait in the middle of a statement for a slow client.
            found = [bytes(record) for record in copied]
        yield from found


def cells_by_column(project: Project, columns: Sequence[Column], filters: Filters) -> Iterator[list[Sequence[Any]]]:
    """Yield the rows some at a time, as the cells of each column."""

    def rows_of(segment: Segment) -> str:
        return str(_rows_of(segment, columns, lambda column: column.typed))

    for batch in batches(project, filters, rows_of, **_names_of(columns)):
        with connection.cursor() as cursor:
            cursor.execute(batch.statement, batch.values)
            rows = cursor.fetchall()
        if rows:
            yield [
                [cell and json.loads(cell) for cell in cells] if isinstance(column.type, list | dict) else cells
                for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
            ]


def _rows_of(segment: Segment, columns: Sequence[Column], how: Callable[[Column], Write]) -> Select:
    """Return the statement that reads some tasks: inside, the values are picked; outside, they are written as cells."""
    given = Select(
        cells={"task_id": "task_id", "given": "jsonb_object_agg(question, value)"},
        source="labeling_label",
        where=("project_id = %(project)s", segment.has("task_id"), "retired_at IS NULL"),
        group_by="task_id",
    )
    picked = Select(
        cells={key: f"{column.pick} {column.member} %({key})s" if column.member else column.pick
               for key, column in _keyed(columns).items()},
        source="labeling_task t",
        joins=("JOIN labeling_queueentry q ON q.task_id = t.id", left_join(given, "l", "l.task_id = t.id")),
        where=segment.wanted,
        picked_once=True,
    )  # fmt: skip
    return Select(
        cells={key: how(column)(f"picked.{key}") for key, column in _keyed(columns).items()},
        source=picked.as_table("picked"),
        order_by="picked.c0",
    )


def _keyed(columns: Sequence[Column]) -> dict[str, Column]:
    """Return names for the columns within a statement; their own may be anything."""
    return {f"c{number}": column for number, column in enumerate(columns)}


def _names_of(columns: Sequence[Column]) -> dict[str, str]:
    return {key: column.name for key, column in _keyed(columns).items() if column.member}
