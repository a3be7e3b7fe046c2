"""The tables of the site as the database knows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

# Who is signed in is not kept: a restored backup lets nobody in who has not the password.
WITHOUT_ROWS = frozenset({"django_session"})
# What belongs to an extension comes and goes with it.
_OURS = """
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = ANY(%s)
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
_TABLE, _VIEW, _MATERIALIZED, _SEQUENCE = ["r", "p"], ["v"], ["m"], ["S"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with some of its columns."""

    name: str
    columns: list[str]

    def copy(self, direction: str) -> str:
        """Return the COPY statement of all its rows."""
        columns = ", ".join(_quoted(column) for column in self.columns)
        return f"COPY {_quoted(self.name)} ({columns}) {direction}"


def schema() -> str:
    """Return the schema that the tables are in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def extensions() -> list[str]:
    """Return what the database was extended by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname")
        return [name for (name,) in cursor.fetchall()]


def count_rows() -> dict[str, int]:
    """Return how many rows each table has, as far as a backup holds them."""
    names = [name for name in _names(_TABLE) if name not in WITHOUT_ROWS]
    counts = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {_quoted(name)}")  # noqa: S608 - quoted
            (counts[name],) = cursor.fetchone()
    return counts


def drop_all() -> None:
    """Remove all tables and what goes with them; extensions stay."""
    with connection.cursor() as cursor:
        for kind, relkinds in (
            ("VIEW", _VIEW),
            ("MATERIALIZED VIEW", _MATERIALIZED),
            ("TABLE", _TABLE),
            ("SEQUENCE", _SEQUENCE),
        ):
            if names := _names(relkinds):
                cursor.execute(f"DROP {kind} {', '.join(map(_quoted, names))} CASCADE")
        cursor.execute(_FUNCTIONS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP ROUTINE {function} CASCADE")


def set_sequence(name: str, last: int, *, called: bool) -> None:
    """Let a sequence go on from where another one was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(%s::regclass, %s, %s)", [_quoted(name), last, called])


def _names(relkinds: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.relname::text {_OURS} ORDER BY c.relname", [relkinds])
        return [name for (name,) in cursor.fetchall()]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
