"""`manage.py backup FILE`: the whole site in one file, while it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from dcai_web.ops import backups
from dcai_web.ops.backups.making import write


class Command(BaseCommand):
    """The site may be in use: the file shows one instant of it."""

    help = "Write the database and all stored files into one file. The secret key is not in it: keep that apart."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        parser.add_argument("file", metavar="FILE", help="such as site.tar.gz; - is the standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        try:
            made = write(sys.stdout.buffer) if options["file"] == "-" else backups.make(Path(options["file"]))
        except (backups.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            message = f"The database does not let itself be read: {error}"
            raise CommandError(message) from error
        # The standard output may be the backup itself.
        self.stderr.write(f"{made.rows:,} rows of {made.tables} tables and {made.files:,} files.", ending="\n")
        for path in made.missing[:20]:
            self.stderr.write(f"Missing in the storage: {path}")
        if len(made.missing) > 20:
            self.stderr.write(f"... and {len(made.missing) - 20:,} more.")
