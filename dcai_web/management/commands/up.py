"""Start everything on one machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dcai_web.ops.supervisor.lock import AlreadyRunning
from dcai_web.ops.supervisor.up import CannotStart, up


class Command(BaseCommand):
    """Start the database, the web server, the workers and the clock; stop them on Ctrl-C."""

    help = "Start everything on this machine, print the address, and stop it all on Ctrl-C."
    # The database that they would look at is not up yet.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the wish to follow changes of the sources."""
        parser.add_argument("--reload", action="store_true", help="start again what a changed source concerns")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop."""
        try:
            up(settings.DATA_DIR, reload=options["reload"])
        except (AlreadyRunning, CannotStart, RuntimeError) as error:
            raise CommandError(str(error)) from error
