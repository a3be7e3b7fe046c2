"""Making a backup: one instant of the database, and the files that it speaks of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

import dcai_web
from dcai_web.ops.backups import tables
from dcai_web.ops.backups.archive import FILES, TABLES, Manifest, Refused, Writer
from labeling.selectors import media

PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Made:
    """What is in a backup."""

    tables: int
    rows: int
    files: int
    missing: list[str]


def make(target: Path) -> Made:
    """Write a backup to a new file, which is there only when it is whole."""
    if target.exists():
        message = f"{target} exists already. Name another file, or remove it first."
        raise Refused(message)
    draft = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            made = write(out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return made


def write(out: IO[bytes]) -> Made:
    """Write a backup into a stream."""
    writer = Writer(out)
    try:
        with _one_instant():
            manifest = Manifest(
                version=dcai_web.__version__,
                made_at=timezone.now().isoformat(),
                migrations=tables.applied_migrations(),
                sequences=tables.sequences(),
            )
            for table in tables.tables():
                manifest.tables[table.name] = {"columns": table.columns, "rows": _write_table(writer, table)}
            for path in media.stored_files():
                _write_file(writer, manifest, path)
        writer.finish(manifest)
    finally:
        writer.close()
    return Made(len(manifest.tables), manifest.rows, manifest.files, manifest.missing)


@contextmanager
def _one_instant() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _write_table(writer: Writer, table: tables.Table) -> int:
    """Write the rows in parts that fit into memory; a part ends with a row."""
    if table.name in tables.WITHOUT_ROWS:
        return 0
    rows = number = 0
    part = bytearray()
    with connection.cursor() as cursor, cursor.copy(table.copy("TO STDOUT")) as lines:
        for line in lines:
            rows += 1
            part += line
            if len(part) >= PART_BYTES:
                writer.add(f"{TABLES}{table.name}/{number:06}.copy", bytes(part))
                number += 1
                part.clear()
    if part:
        writer.add(f"{TABLES}{table.name}/{number:06}.copy", bytes(part))
    return rows


def _write_file(writer: Writer, manifest: Manifest, path: str) -> None:
    try:
        file = default_storage.open(path)
    except OSError:
        # Deleted since the instant of the rows, or lost long ago: the rest is worth keeping.
        manifest.missing.append(path)
        return
    with file:
        writer.add_stream(f"{FILES}{path}", file, file.size)
    manifest.files += 1
