"""`manage.py restore FILE`: make the site what it was when the file was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from dcai_web.ops import backups


class Command(BaseCommand):
    """All of it or nothing; the whole file is verified before anything is touched."""

    help = "Restore a backup into an empty site (or, with --replace, in place of all that is here)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and the word that everything here may go."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="lose everything that this site holds now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore it and say what came back."""
        try:
            done = backups.restore(options["file"], replace=options["replace"])
        except (backups.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            message = f"The database refused it, nothing was changed: {error}"
            raise CommandError(message) from error
        self.stdout.write(
            f"Restored what version {done.version} held on {done.made_at}: {done.rows:,} rows of {done.tables} tables "
            f"and {done.files:,} files. Everybody signs in again."
        )
        for path in done.missing[:20]:
            self.stdout.write(f"Was missing when the backup was made: {path}")
