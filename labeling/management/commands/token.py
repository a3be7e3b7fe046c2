"""`manage.py token EMAIL`: print an API token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from labeling.models import Scope, User
from labeling.services import tokens


class Command(BaseCommand):
    """Makes a token for a user and prints it, and nothing else."""

    help = "Print a new API token of the user with this e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, and what the token is called, is good for, and when it ends."""
        parser.add_argument("email")
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.MANAGE.value)
        parser.add_argument("--days", type=int, help="after how many days it ends (default: when it is revoked)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token."""
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email, is_active=True, is_service=False).first()
        if user is None:
            message = f"No active user has the address {email}."
            raise CommandError(message)
        expires_at = timezone.now() + timedelta(days=options["days"]) if options["days"] else None
        _, secret = tokens.issue_token(user=user, name=options["name"], scope=options["scope"], expires_at=expires_at)
        self.stdout.write(secret)
