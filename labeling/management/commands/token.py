"""`manage.py token EMAIL`: print an API token."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import User
from labeling.services import people


class Command(BaseCommand):
    """Makes a token for a user and prints it, and nothing else."""

    help = "Print a new API token of the user with this e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address and the name of the token."""
        parser.add_argument("email")
        parser.add_argument("--name", default="made on the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token."""
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            message = f"No active user has the address {email}."
            raise CommandError(message)
        _, secret = people.issue_token(user=user, name=options["name"])
        self.stdout.write(secret)
