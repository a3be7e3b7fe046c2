"""`manage.py backup`: the whole site kept while it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from dcai_web.ops import backups


class Command(BaseCommand):
    """The site may be in use: a backup shows one instant of it."""

    help = (
        "Add a backup of the database and all stored files to DCAI_BACKUP_DIR (or --into another folder), or write "
        "all of it into one FILE. The secret key is not in it: keep that apart."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        where = parser.add_mutually_exclusive_group()
        where.add_argument("file", metavar="FILE", nargs="?", help="such as site.tar; - is the standard output")
        where.add_argument("--into", type=Path, metavar="FOLDER", help="a folder of backups, made if need be")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        try:
            made = self._make(options["file"], options["into"])
        except (backups.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            message = f"The database does not let itself be read: {error}"
            raise CommandError(message) from error
        # The standard output may be the backup itself.
        self.stderr.write(
            f"{made.path}: {made.rows:,} rows of {made.tables} tables and {made.files:,} files.", ending="\n"
        )
        for path in made.missing[:20]:
            self.stderr.write(f"Missing in the storage: {path}")
        if len(made.missing) > 20:
            self.stderr.write(f"... and {len(made.missing) - 20:,} more.")

    @staticmethod
    def _make(file: str | None, folder: Path | None) -> backups.Made:
        if file == "-":
            return backups.write_single(sys.stdout.buffer, Path(file))
        if file:
            return backups.make_single(Path(file))
        if folder is None and not settings.BACKUP_DIR:
            message = "Say where to: a FILE, --into a FOLDER, or the setting DCAI_BACKUP_DIR."
            raise CommandError(message)
        return backups.make_into(folder or Path(settings.BACKUP_DIR))
