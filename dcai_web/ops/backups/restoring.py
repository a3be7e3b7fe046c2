"""Restoring a backup: all of it or nothing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from dcai_web.ops.backups import tables
from dcai_web.ops.backups.archive import FILES, TABLES, Manifest, Refused, members, verify
from labeling.models import Project
from labeling.selectors import media

_LOCK_PATIENCE = "30s"
_PIECE = 1 << 20
_IN_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    version: str
    made_at: str
    tables: int
    rows: int
    files: int
    missing: list[str]


def restore(source: Path, *, replace: bool = False) -> Restored:
    """Verify a backup and put its rows and files in place of what the site holds."""
    with source.open("rb") as file:
        manifest = verify(file)
        _check_migrations(manifest)
        _bring_up_structure(manifest)
        if not replace and not _is_empty():
            message = (
                "This site has people or projects already. Restore into an empty one, or repeat with --replace to "
                "lose everything that is here."
            )
            raise Refused(message)
        before = set(media.stored_files()) if replace else set()
        _put_back(file, manifest)
    for path in before - set(media.stored_files()):
        default_storage.delete(path)
    cache.clear()
    return Restored(
        manifest.version, manifest.made_at, len(manifest.tables), manifest.rows, manifest.files, manifest.missing
    )


def _check_migrations(manifest: Manifest) -> None:
    there, here = manifest.migrations, tables.known_migrations()
    newer = [step for step in there if step not in here]
    older = [step for step in here if step not in there]
    if newer:
        message = (
            f"The backup was made by version {manifest.version}, which has migrations that this one does not know "
            f"({'.'.join(newer[0])}): restore it with that version or a later one. Nothing was changed."
        )
        raise Refused(message)
    if older:
        message = (
            f"The backup was made by version {manifest.version}, before the migration {'.'.join(older[0])}: restore it "
            "with that version, then upgrade. Nothing was changed."
        )
        raise Refused(message)


def _bring_up_structure(manifest: Manifest) -> None:
    """Make the tables in a database that has none; anything else must fit already."""
    if not connection.introspection.table_names():
        call_command("migrate", interactive=False, verbosity=0)
    if tables.applied_migrations() != manifest.migrations:
        message = "This database is not up to date: run `manage.py migrate` first. Nothing was changed."
        raise Refused(message)
    here = {table.name: sorted(table.columns) for table in tables.tables()}
    there = {name: sorted(table["columns"]) for name, table in manifest.tables.items()}
    odd = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if odd:
        message = f"The tables of the backup and of this database differ: {', '.join(odd)}. Nothing was changed."
        raise Refused(message)


def _is_empty() -> bool:
    """Tell whether there is at most the administrator whom the first start made."""
    return not Project.objects.exists() and get_user_model().objects.count() <= 1


def _put_back(file: IO[bytes], manifest: Manifest) -> None:
    files = _Files()
    try:
        with transaction.atomic():
            _empty_tables(manifest)
            with members(file) as each:
                for name, content in each:
                    if name.startswith(TABLES):
                        _load_rows(manifest, name, content)
                    elif name.startswith(FILES):
                        files.put(name.removeprefix(FILES), content)
            _check_counts(manifest)
            for name, (last, called) in manifest.sequences.items():
                tables.set_sequence(name, last, called=called)
    except BaseException:
        # The database takes back its part by itself.
        files.take_back()
        raise
    finally:
        files.close()


class _Files:
    """Stores files, and knows how it was before."""

    def __init__(self) -> None:
        self._before: list[tuple[str, IO[bytes] | None]] = []

    def put(self, path: str, content: IO[bytes]) -> None:
        """Store a file in place of one of another content."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as fresh:
            shutil.copyfileobj(content, fresh)
            if not default_storage.exists(path):
                self._before.append((path, None))
            elif _digest(old := _copy_of(path)) == _digest(fresh):
                old.close()
                return
            else:
                self._before.append((path, old))
                default_storage.delete(path)
            fresh.seek(0)
            default_storage.save(path, File(fresh, name=path))

    def take_back(self) -> None:
        """Leave the files as they were."""
        for path, old in self._before:
            default_storage.delete(path)
            if old is not None:
                old.seek(0)
                default_storage.save(path, File(old, name=path))

    def close(self) -> None:
        """Let go of what was kept."""
        for _, old in self._before:
            if old is not None:
                old.close()


def _copy_of(path: str) -> IO[bytes]:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who asked for it
    with default_storage.open(path) as there:
        shutil.copyfileobj(there, copy)
    return copy


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a spooled file reads like a file


def _empty_tables(manifest: Manifest) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_PATIENCE}'")
        cursor.execute("SET LOCAL statement_timeout = 0")
    try:
        tables.truncate(sorted(manifest.tables))
    except OperationalError as error:
        message = "The site is in use: stop the web server, the workers and the clock first. Nothing was changed."
        raise Refused(message) from error


def _load_rows(manifest: Manifest, name: str, content: IO[bytes]) -> None:
    table = name.removeprefix(TABLES).partition("/")[0]
    columns = manifest.tables[table]["columns"]
    with connection.cursor() as cursor, cursor.copy(tables.Table(table, columns).copy("FROM STDIN")) as rows:
        while piece := content.read(_PIECE):
            rows.write(piece)


def _check_counts(manifest: Manifest) -> None:
    for name, table in manifest.tables.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608 - quoted
            (count,) = cursor.fetchone()
        if count != table["rows"]:
            message = f"{name} should have {table['rows']:,} rows and got {count:,}. Nothing was changed."
            raise Refused(message)
