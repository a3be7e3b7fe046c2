"""Runs the few statements of the hot path: bound on the server, so that PostgreSQL plans them once per connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.utils import CursorWrapper


def run(statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement in the current transaction and return its rows; JSON comes as text.

    Django's own cursors put the values into the text, so that each is planned anew.
    """
    connection.ensure_connection()
    bound = cast("CursorWrapper", psycopg.Cursor(connection.connection))
    wrapped = connection.make_debug_cursor(bound) if connection.queries_logged else connection.make_cursor(bound)
    with wrapped as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
