"""Advisory locks: what must come one after another although no row stands for it.

The order, everywhere: first these locks in the order of `Space`, then rows: queue entries in order of task, their
flags, their leases. Whoever must take several queue entries either skips locked ones or takes them in order of task, so
that nobody waits in a circle.

How long: where a person waits for the answer, `PATIENCE` at most, for the lock and for every row after it; then the
request fails as it does when the database is away, its thread is free again, and the client tries later. Jobs, and
commands of whoever runs the site, wait as long as it takes.
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = "30s"


class Space(IntEnum):
    """What is locked, in the order in which locks are taken."""

    UPGRADE = 1
    """The site's database and files, while a start brings them up to date: replicas that start together take turns."""
    BACKUP = 2
    """The folder of backups: one is made at a time."""
    DEMO = 3
    """The demo projects: two commands at once would otherwise each make them."""
    SLUG = 4
    """Addresses of projects: two of one name that are made at once must not both find the same one free."""
    IMPORT = 5
    """What a project holds, while rows are added: two imports must not both find a row missing."""
    PERSON = 6
    """What a person does in a project: two tabs would otherwise each miss what the other just did."""


# PostgreSQL keeps keys of one number (64 bits) and of two (32 bits each) apart. Older versions of this code use the
# same keys: while a site is upgraded, both run.
KEYS = {
    Space.UPGRADE: f"{0x6463_6169}::bigint",
    Space.BACKUP: f"{0x6463_6170}::bigint",
    Space.DEMO: "hashtextextended('dcai.demo', 0)",
    Space.SLUG: "hashtextextended('dcai.project.slug', 0)",
    Space.IMPORT: "hashtextextended('dcai.import', %(project)s)",
    Space.PERSON: "%(project)s::int, %(user)s::int",
}
"""The key of each lock, as SQL."""

_PATIENTLY = f"set_config('lock_timeout', '{PATIENCE}', true)"

PERSON = f"{_PATIENTLY}, pg_advisory_xact_lock({KEYS[Space.PERSON]})"
"""Two columns that lock a person in a project, for the statements of the hot path: `project` and `user` are bound."""


def lock_person(project_id: int, user_id: int) -> None:
    """Let this person's transactions in the project come one after another, until the current one ends."""
    _execute(f"SELECT {PERSON}", project=project_id, user=user_id)


def lock_import(project_id: int) -> None:
    """Let imports into a project write one after another, until the current transaction ends."""
    _execute(f"SELECT pg_advisory_xact_lock({KEYS[Space.IMPORT]})", project=project_id)


def lock_slugs() -> None:
    """Let nobody else choose an address for a project until the current transaction ends."""
    _execute(f"SELECT {_PATIENTLY}, pg_advisory_xact_lock({KEYS[Space.SLUG]})")


def lock_demos() -> None:
    """Let nobody else make a demo project until the current transaction ends."""
    _execute(f"SELECT pg_advisory_xact_lock({KEYS[Space.DEMO]})")


@contextmanager
def upgrading() -> Iterator[None]:
    """Keep other starts of this site waiting; over several transactions, hence a lock of the connection."""
    _execute(f"SELECT pg_advisory_lock({KEYS[Space.UPGRADE]})")
    try:
        yield
    finally:
        _execute(f"SELECT pg_advisory_unlock({KEYS[Space.UPGRADE]})")


@contextmanager
def backing_up() -> Iterator[bool]:
    """Say whether this process may make a backup: False while another one makes one."""
    (mine,) = _execute(f"SELECT pg_try_advisory_lock({KEYS[Space.BACKUP]})")
    try:
        yield mine
    finally:
        if mine:
            _execute(f"SELECT pg_advisory_unlock({KEYS[Space.BACKUP]})")


def _execute(statement: str, **values: int) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row
