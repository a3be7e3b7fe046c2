"""Bring the database and the static files up to date, and let the first person in."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from dcai_web import env
from labeling import locks


class Command(BaseCommand):
    """What every start does first; quick when there is nothing to do."""

    help = "Migrate, collect static files, and make the first administrator if there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the place to leave the first administrator's password at."""
        parser.add_argument("--first-admin", type=Path, help="write e-mail and password here instead of printing them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is to be done."""
        with locks.upgrading():
            call_command("migrate", interactive=False, verbosity=0)
            self._collect_static()
            self._let_first_admin_in(options["first_admin"])

    def _collect_static(self) -> None:
        root = Path(settings.STATIC_ROOT)
        if root.exists() and not os.access(root, os.W_OK):
            return  # an image brings them, and lets nobody change them
        mark = root / ".fingerprint"
        wanted = _static_fingerprint()
        if mark.exists() and mark.read_text(encoding="ascii") == wanted:
            return
        # What an open tab still asks for stays: files carry the hash of their content in their names.
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(wanted, encoding="ascii")

    def _let_first_admin_in(self, file: Path | None) -> None:
        people = get_user_model().objects
        if people.filter(is_superuser=True).exists():
            return
        email = env.text("DCAI_ADMIN_EMAIL", "admin@localhost")
        given = env.text("DCAI_ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        with transaction.atomic():
            people.create_superuser(email, password)
            if file and not given:
                with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as out:
                    json.dump({"email": email, "password": password}, out)
        if not file and not given:
            self.stdout.write(f"Sign in as {email} with the password {password} (shown this once).")


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
