"""Restoring a backup: all of it or nothing, brought up to this version on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from dcai_web.ops.backups import structure, tables
from dcai_web.ops.backups.files import Files
from dcai_web.ops.backups.manifest import Backup, Refused, Summary
from dcai_web.ops.backups.old import MAGIC, OldFile
from dcai_web.ops.backups.repository import MANIFEST, Folder, Repository
from dcai_web.ops.backups.single import SingleFile
from labeling.models import Project
from labeling.selectors import media as media_reads

_LOCK_PATIENCE = "30s"


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in a backup, and came back."""

    version: str
    made_at: str
    tables: int
    rows: int
    files: int
    missing: list[str]


def restore(source: Path, *, replace: bool = False) -> Restored:
    """Verify a backup and put its rows and files in place of what the site holds, as this version has them."""
    with _opened(source) as backup:
        summary = backup.verify()
        structure.check_known(summary.migrations, version=summary.version)
        before = _files_before(replace=replace)
        _put_back(backup, summary)
    # What belongs to an upgrade beside its steps, such as the permissions of new tables.
    call_command("migrate", interactive=False, verbosity=0)
    for path in before - set(media_reads.stored_files()):
        default_storage.delete(path)
    cache.clear()
    return _restored(summary)


def check(source: Path) -> Restored:
    """Verify a backup, change nothing, and return what is in it."""
    with _opened(source) as backup:
        return _restored(backup.verify())


@contextmanager
def _opened(source: Path) -> Iterator[Backup]:
    if source.is_dir():
        if not (source / MANIFEST).exists():
            kept = Repository(source).backups()
            newest = f" Name one of the backups in it, such as {kept[-1]}." if kept else ""
            message = f"{source} is no backup.{newest}"
            raise Refused(message)
        yield Folder(source.resolve())
        return
    with source.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            yield OldFile(file)
        else:
            with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
                yield SingleFile(file, Path(folder))


def _files_before(*, replace: bool) -> set[str]:
    """Return the files that the site holds; raise `Refused` if it holds anything and may not be replaced."""
    if not connection.introspection.table_names():
        return set()
    if structure.applied() != structure.known():
        message = "This database is not up to date: run `manage.py migrate` first. Nothing was changed."
        raise Refused(message)
    if replace:
        return set(media_reads.stored_files())
    # The administrator whom the first start made is nobody.
    if Project.objects.exists() or get_user_model().objects.count() > 1:
        message = (
            "This site has people or projects already. Restore into an empty one, or repeat with --replace to "
            "lose everything that is here."
        )
        raise Refused(message)
    return set()


def _put_back(backup: Backup, summary: Summary) -> None:
    files = Files()
    try:
        with transaction.atomic():
            _clear()
            backup.load_rows()
            _check_counts(summary)
            structure.migrate_on()
            for paths, content in backup.files():
                files.put(paths, content)
    except BaseException:
        # The database takes back its part by itself.
        files.take_back()
        raise
    finally:
        files.close()
    # What is prepared for this session was prepared for other tables.
    connection.close()


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_PATIENCE}'")
        cursor.execute("SET LOCAL statement_timeout = 0")
    try:
        tables.drop_all()
    except OperationalError as error:
        message = "The site is in use: stop the web server and the workers first. Nothing was changed."
        raise Refused(message) from error


def _check_counts(summary: Summary) -> None:
    found = tables.count_rows()
    for name, wanted in summary.counts.items():
        if name not in tables.WITHOUT_ROWS and found.get(name) != wanted:
            message = f"{name} should have {wanted:,} rows and got {found.get(name, 0):,}. Nothing was changed."
            raise Refused(message)


def _restored(summary: Summary) -> Restored:
    return Restored(
        version=summary.version,
        made_at=summary.made_at,
        tables=len(summary.counts),
        rows=sum(summary.counts.values()),
        files=summary.files,
        missing=summary.missing,
    )
