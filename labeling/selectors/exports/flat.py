"""One row per task, with its data and each question's label of record: for CSV and Parquet.

The database picks the cells apart and writes the CSV: Python would take several times as long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.db import connection

from labeling.formats import csv, parquet
from labeling.formats.rows import EXPORT_MARK
from labeling.selectors.exports.reading import batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from labeling.kinds.schema import Schema
    from labeling.models import Project
    from labeling.selectors.exports.reading import Filters

STATE = "dcai_state"

# Without OFFSET 0 what is picked out of JSON here would be picked out again wherever it is used above.
_ROWS = """
SELECT {cells} FROM (
    SELECT {picks} FROM labeling_task t
    JOIN labeling_queueentry q ON q.task_id = t.id
    LEFT JOIN (
        SELECT task_id, jsonb_object_agg(question, value) AS given FROM labeling_label
        WHERE project_id = %(project)s AND task_id {{these}} AND retired_at IS NULL GROUP BY task_id
    ) l ON l.task_id = t.id
    WHERE {{wanted}}
    OFFSET 0
) picked ORDER BY c0
"""
# JSON without the spaces that PostgreSQL puts after commas and colons; those within strings stay.
_COMPACT = """regexp_replace({cell}::text, '("(?:[^"\\\\]|\\\\.)*")|([,:]) ', '\\1\\2', 'g')"""
# What a spreadsheet would run as a formula gets an apostrophe, as in formats.csv.escape.
_HARMLESS = f"""CASE WHEN ascii(ltrim({{cell}}, '''')) IN ({", ".join(str(ord(start)) for start in csv.FORMULA_STARTS)})
    THEN '''' || {{cell}} ELSE {{cell}} END"""

_NUMBERS = {int: "bigint", float: "float8"}
_IMAGE: parquet.Column = {"sha256": str, "width": int, "height": int, "name": str, "bytes": int}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it is called, the SQL that picks its cell, what that gives, and its type in Parquet."""

    name: str
    pick: str
    gives: Literal["number", "text", "image", "answer"] = "text"
    type: parquet.Column = str


def columns_of(schema: Schema) -> list[Column]:
    """Return the columns of a project's rows."""
    fields = [
        Column(field.name, "t.data -> %({key})s", "image", _IMAGE)
        if field.type == "image"
        else Column(field.name, "t.data ->> %({key})s")
        for field in schema.fields
    ]
    return [
        Column(EXPORT_MARK, "t.id", "number", int),
        Column("external_id", "t.external_id"),
        Column("split", "nullif(t.split, '')"),
        Column(STATE, "q.state"),
        *fields,
        *(Column(question.name, "l.given -> %({key})s", "answer", question.column) for question in schema.questions),
        Column("meta", "nullif(t.meta, '{{}}')::text"),
    ]


def as_csv(project: Project, schema: Schema, filters: Filters) -> Iterator[bytes]:
    """Yield the rows as a CSV file."""
    columns = columns_of(schema)
    return csv.pack(_records(project, filters, columns), [column.name for column in columns])


def as_parquet(project: Project, schema: Schema, filters: Filters) -> Iterator[bytes]:
    """Yield the rows as a Parquet file."""
    columns = columns_of(schema)
    types = {column.name: column.type for column in columns}
    return parquet.write_columns(_batches(project, filters, columns), parquet.schema_of(types))


def _records(project: Project, filters: Filters, columns: list[Column]) -> Iterator[bytes]:
    """Yield the rows as PostgreSQL writes them as CSV."""
    copy = f"COPY ({_statement(columns, _csv_cell)}) TO STDOUT (FORMAT csv)"
    for batch in batches(project, filters, copy, **_names(columns)):
        with connection.cursor() as cursor, cursor.copy(batch.statement, batch.values) as copied:
            # A batch at once: the database must not wait in the middle of a statement for a slow client.
            records = [bytes(record) for record in copied]
        yield from records


def _batches(project: Project, filters: Filters, columns: list[Column]) -> Iterator[list[Sequence[Any]]]:
    """Yield the rows as the cells of each column."""
    for batch in batches(project, filters, _statement(columns, _plain_cell), **_names(columns)):
        with connection.cursor() as cursor:
            cursor.execute(batch.statement, batch.values)
            rows = cursor.fetchall()
        if rows:
            yield [
                [cell and json.loads(cell) for cell in cells] if isinstance(column.type, list | dict) else cells
                for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
            ]


def _statement(columns: list[Column], write: Callable[[Column, str], str]) -> str:
    picks = ", ".join(f"{column.pick.format(key=f'c{number}')} AS c{number}" for number, column in enumerate(columns))
    cells = ", ".join(write(column, f"c{number}") for number, column in enumerate(columns))
    return _ROWS.format(cells=cells, picks=picks)


def _names(columns: list[Column]) -> dict[str, str]:
    return {f"c{number}": column.name for number, column in enumerate(columns)}


def _csv_cell(column: Column, cell: str) -> str:
    match column.gives:
        case "number":
            return cell
        case "text":
            return f"nullif({_HARMLESS.format(cell=cell)}, '')"
        case "image":
            return _HARMLESS.format(cell=f"coalesce(nullif({cell} ->> 'name', ''), {cell} ->> 'sha256')")
        case _:
            bare, compact = f"({cell} #>> '{{}}')", _COMPACT.format(cell=cell)
            return (
                f"CASE jsonb_typeof({cell}) WHEN 'string' THEN nullif({_HARMLESS.format(cell=bare)}, '') "
                f"WHEN 'array' THEN {compact} WHEN 'object' THEN {compact} ELSE {bare} END"
            )


def _plain_cell(column: Column, cell: str) -> str:
    if column.gives in {"number", "text"}:
        return cell
    if isinstance(column.type, list | dict):
        return f"nullif({cell}, 'null')::text"
    if column.type in _NUMBERS:
        return f"({cell} #>> '{{}}')::{_NUMBERS[column.type]}"
    compact = _COMPACT.format(cell=cell)
    return f"CASE WHEN jsonb_typeof({cell}) IN ('array', 'object') THEN {compact} ELSE {cell} #>> '{{}}' END"
