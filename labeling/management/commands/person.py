"""`manage.py person export|anonymize|remove-second-factor`: what is kept of a person, who leaves, or lost a device."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from labeling.errors import DomainError
from labeling.models import User
from labeling.selectors import personal_data as personal_data_reads
from labeling.services import anonymity, second_factor


class Command(BaseCommand):
    """For whoever runs the site, when a person asks for their data or leaves for good."""

    help = "Export everything about a person as JSON, or take their name off what they did."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do with whom."""
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="write everything about a person into a file")
        export.add_argument("email")
        export.add_argument("file", type=Path)
        forget = acts.add_parser("anonymize", help="replace name and address, end every way in; answers stay")
        forget.add_argument("email")
        lost = acts.add_parser("remove-second-factor", help="for somebody who lost it; check first who asks")
        lost.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            message = f"Nobody has the address {email}."
            raise CommandError(message)
        try:
            match options["act"]:
                case "export":
                    self._export(user, options["file"])
                case "anonymize":
                    self._anonymize(user)
                case _:
                    self._remove_second_factor(user)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error

    def _export(self, user: User, file: Path) -> None:
        count = 0
        table = ""
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write("{")
            for name, row in personal_data_reads.rows(user):
                if name != table:
                    out.write(f"{'],' if table else ''}\n{json.dumps(name)}: [\n")
                else:
                    out.write(",\n")
                out.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False))
                table = name
                count += 1
            out.write("]\n}\n")
        self.stdout.write(f"{count:,} rows about {user.email} are in {file}.")

    def _remove_second_factor(self, user: User) -> None:
        there = second_factor.remove_second_factor(user=user)
        self.stdout.write(f"{user.email} signs in without a code {'from now on' if there else 'already'}.")

    def _anonymize(self, user: User) -> None:
        email = user.email
        done = anonymity.anonymize(user=user)
        self.stdout.write(
            f"{email} is {done.name} from now on. Ended: {done.memberships} memberships, {done.tokens} tokens, "
            f"{done.sessions} sessions, {done.invitations} invitations. Backups made before still hold the name."
        )
