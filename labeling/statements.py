"""Runs the statements of the hot path: bound on the server, so that PostgreSQL plans them once per connection.

Through Django's own cursors and models these statements took twice as long: it puts the values into the text, so that
each is planned anew, and builds that text anew each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import psycopg
from django.db import connection
from django.db.models import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.backends.utils import CursorWrapper

ModelT = TypeVar("ModelT", bound=Model)


def run_statement(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement in the current transaction and return its rows; JSON comes as text."""
    connection.ensure_connection()
    bound = cast("CursorWrapper", psycopg.Cursor(connection.connection))
    wrapped = connection.make_debug_cursor(bound) if connection.queries_logged else connection.make_cursor(bound)
    with wrapped as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


class Columns(Generic[ModelT]):
    """All columns of a model's table in a statement, and the object that they make."""

    def __init__(self, model: type[ModelT], alias: str) -> None:
        fields = model._meta.concrete_fields
        self._model = model
        self._names = [field.attname for field in fields]
        self._converted = [
            (at, field.from_db_value) for at, field in enumerate(fields) if hasattr(field, "from_db_value")
        ]
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.count = len(fields)

    def build(self, row: Sequence[Any]) -> ModelT:
        """Return the object of a row of exactly these columns."""
        values = list(row)
        for at, convert in self._converted:
            values[at] = convert(values[at], None, connection)
        return self._model.from_db(connection.alias, self._names, values)
