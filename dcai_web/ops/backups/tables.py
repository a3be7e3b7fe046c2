"""The tables of the site as the database knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

# Who is signed in is not kept: a restored backup lets nobody in who has not the password.
WITHOUT_ROWS = frozenset({"django_session"})
# Not restored but compared: the state of the structure that the rows fit into.
MIGRATIONS = "django_migrations"

_COLUMNS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' AND c.relname <> ALL(%s) ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that are written."""

    name: str
    columns: list[str]

    def copy(self, direction: str) -> str:
        """Return the COPY statement of all its rows."""
        columns = ", ".join(_quoted(column) for column in self.columns)
        return f"COPY {_quoted(self.name)} ({columns}) {direction}"


def tables() -> list[Table]:
    """Return every table whose rows a backup holds."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return [Table(name, columns) for name, columns in cursor.fetchall() if name != MIGRATIONS]


def sequences() -> dict[str, list[Any]]:
    """Return how far each sequence has counted."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES, [[f"{MIGRATIONS}_id_seq"]])
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT last_value, is_called FROM {_quoted(name)}")  # noqa: S608 - quoted above
            found[name] = list(cursor.fetchone())
    return found


def set_sequence(name: str, last: int, *, called: bool) -> None:
    """Let a sequence go on from where another one was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(%s::regclass, %s, %s)", [_quoted(name), last, called])


def truncate(names: list[str]) -> None:
    """Empty the tables, all at once: they refer to each other."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_quoted(name) for name in names)}")


def applied_migrations() -> list[list[str]]:
    """Return the migrations that the database has been through, as far as this version knows them or not."""
    return sorted([app, name] for app, name in MigrationLoader(connection).applied_migrations)


def known_migrations() -> list[list[str]]:
    """Return the migrations that this version of the product consists of."""
    return sorted([app, name] for app, name in MigrationLoader(None).graph.nodes)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
