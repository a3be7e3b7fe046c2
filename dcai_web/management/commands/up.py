"""Start everything on one machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dcai_web.supervisor.lock import AlreadyRunning
from dcai_web.supervisor.up import CannotStart, up


class Command(BaseCommand):
    """Start the database, the web server, the workers and the clock; stop them on Ctrl-C."""

    help = "Start everything on this machine, print the address, and stop it all on Ctrl-C."
    # The database that they would look at is not up yet.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop."""
        try:
            up(settings.DATA_DIR)
        except (AlreadyRunning, CannotStart, RuntimeError) as error:
            raise CommandError(str(error)) from error
