"""`manage.py restore BACKUP`: make the site what it was when the backup was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from dcai_web.ops import backups


class Command(BaseCommand):
    """All of it or nothing; the whole backup is verified before anything is touched."""

    help = (
        "Restore a backup, of this version or an older one, into an empty site (or, with --replace, in place of all "
        "that is here)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the backup, and the word that everything here may go."""
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="one file, or one folder in a folder of them")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--replace", action="store_true", help="lose everything that this site holds now")
        what.add_argument("--check", action="store_true", help="only read all of it and compare every hash")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore it and say what came back."""
        try:
            if options["check"]:
                done = backups.check(options["backup"])
            else:
                done = backups.restore(options["backup"], replace=options["replace"])
        except (backups.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            message = f"The database refused it, nothing was changed: {error}"
            raise CommandError(message) from error
        what = f"{done.rows:,} rows of {done.tables} tables and {done.files:,} files"
        if options["check"]:
            self.stdout.write(f"Whole: what version {done.version} held on {done.made_at}, {what}.")
        else:
            self.stdout.write(
                f"Restored what version {done.version} held on {done.made_at}: {what}. Everybody signs in again."
            )
        for path in done.missing[:20]:
            self.stdout.write(f"Was missing when the backup was made: {path}")
