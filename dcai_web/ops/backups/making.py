"""Making a backup: one instant of the database, and the files that it speaks of.

A transaction is held open only while the rows are dumped and the paths of the files are read: one that lasts as long
as all the files take would keep the database from clearing away old rows. The files are copied after it. They never
change under their paths, so that only one that is deleted meanwhile is missed, and told.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

import dcai_web
from dcai_web.ops.backups import programs, repository, rows, structure, tables
from dcai_web.ops.backups.hashing import content_at
from dcai_web.ops.backups.manifest import Content, Manifest, Refused, StoredFile
from dcai_web.ops.backups.repository import LISTING, MANIFEST, PART, ROWS, Earlier, Repository
from dcai_web.ops.backups.single import SingleWriter
from labeling import locks
from labeling.selectors import media as media_reads

DRAFT = f".dcai{PART}"
"""What the name of a backup to one file ends in while it is written: nobody else's files do."""


@dataclass(frozen=True, slots=True)
class Made:
    """What is in a backup, and where it is."""

    path: Path
    tables: int
    rows: int
    files: int
    missing: list[str]


def make_into(folder: Path) -> Made:
    """Add a backup to a repository; it has its name only when it is whole."""
    with locks.backing_up() as mine:
        if not mine:
            message = "Another backup is being made. Wait for it, and try again."
            raise Refused(message)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = Repository(folder)
        kept.clear_leftovers()
        target = folder / repository.name_at(timezone.now())
        if target.exists():
            message = f"{target} exists already."
            raise Refused(message)
        draft = target.with_name(f"{target.name}{PART}")
        draft.mkdir(mode=0o700)
        try:
            manifest = _fill(draft, keep=_into(kept))
            # All of it is on the disk before its name says that it is whole.
            os.sync()
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return _made(target, manifest)


def make_single(target: Path) -> Made:
    """Write a backup to a new file, which is there only when it is whole."""
    if target.exists():
        message = f"{target} exists already. Name another file, or remove it first."
        raise Refused(message)
    _clear_drafts(target.parent)
    draft = target.with_name(f"{target.name}{DRAFT}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            # For as long as this process lives: a draft without a lock is of one that was killed.
            fcntl.flock(out, fcntl.LOCK_EX)
            made = write_single(out, target)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return made


def _clear_drafts(folder: Path) -> None:
    """Remove what backups to one file left beside it that were killed."""
    for path in folder.glob(f"*{DRAFT}"):
        with contextlib.suppress(OSError), path.open("rb") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def write_single(out: IO[bytes], target: Path) -> Made:
    """Write a backup into a stream."""
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder, SingleWriter(out) as writer:
        manifest = _fill(Path(folder), keep=lambda path: _copied(path, writer.store))
        writer.finish(Path(folder), name=repository.name_at(timezone.now()))
    return _made(target, manifest)


def _fill(folder: Path, *, keep: Callable[[str], StoredFile | None]) -> Manifest:
    """Write rows, list and manifest into a folder, and have each file's content kept."""
    with (folder / "paths").open("w+", encoding="utf-8") as paths:
        seen = _look(folder / ROWS, paths)
        paths.seek(0)
        with (folder / LISTING).open("w", encoding="utf-8") as listing:
            for line in paths:
                path = line.rstrip("\n")
                if (file := keep(path)) is not None:
                    listing.write(f"{file.model_dump_json()}\n")
                    seen.files += 1
                else:
                    seen.missing.append(path)
    (folder / "paths").unlink()
    manifest = Manifest(
        version=dcai_web.__version__,
        made_at=seen.made_at,
        postgres=programs.server_major(),
        migrations=seen.migrations,
        extensions=seen.extensions,
        tables=seen.tables,
        rows=content_at(folder / ROWS),
        listing=content_at(folder / LISTING),
        files=seen.files,
        missing=seen.missing,
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return manifest


@dataclass(slots=True)
class _Seen:
    made_at: str
    migrations: list[structure.Step]
    extensions: list[str]
    tables: dict[str, int]
    files: int = 0
    missing: list[str] = field(default_factory=list)


def _look(dump: Path, paths: IO[str]) -> _Seen:
    """Write the rows and the paths of the files, all of one instant."""
    with _one_instant() as snapshot:
        seen = _Seen(timezone.now().isoformat(), structure.applied(), tables.extensions(), tables.count_rows())
        for path in _ordered(media_reads.stored_files()):
            paths.write(f"{path}\n")
        rows.dump_rows(dump, snapshot=snapshot)
    return seen


@contextmanager
def _one_instant() -> Iterator[str]:
    """Begin a transaction that sees one instant, and give the name under which others can see it too."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        yield snapshot


def _ordered(paths: Iterator[str]) -> Iterator[str]:
    """Put the sizes of an image in the order of their paths, as `Earlier` wants it; the images are in order."""
    for _, together in groupby(paths, key=lambda path: PurePosixPath(path).parent):
        yield from sorted(together)


def _into(kept: Repository) -> Callable[[str], StoredFile | None]:
    earlier = Earlier(kept)
    return lambda path: earlier.find(path) or _copied(path, kept.store)


def _copied(path: str, store: Callable[[IO[bytes]], Content]) -> StoredFile | None:
    """Keep the content of a stored file; None where it was deleted since the rows were read, or lost long ago."""
    try:
        file = default_storage.open(path)
    except OSError:
        return None
    with file:
        content = store(file)
    return StoredFile(path=path, sha256=content.sha256, size=content.size)


def _made(target: Path, manifest: Manifest) -> Made:
    return Made(target, len(manifest.tables), sum(manifest.tables.values()), manifest.files, manifest.missing)
