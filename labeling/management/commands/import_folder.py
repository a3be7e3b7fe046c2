"""`manage.py import_folder PROJECT FOLDER`: import a folder of images that is on the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.errors import DomainError
from labeling.models import Project, User
from labeling.services import imports


class Command(BaseCommand):
    """Starts the job; the workers must be able to read the folder."""

    help = "Import a folder of images; the names of its folders can be the labels."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the project's slug, the folder, and what to do with it."""
        parser.add_argument("project", help="the project's name in addresses, such as support-messages")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--mode", choices=sorted(imports.MODES), default=imports.KEEP_GOOD)
        parser.add_argument("--label", metavar="QUESTION", help="the question that folder names answer")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="who imports (default: who made the project)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the import."""
        project = Project.objects.select_related("created_by").filter(slug=options["project"]).first()
        if project is None:
            message = f"There is no project {options['project']}."
            raise CommandError(message)
        folder: Path = options["folder"].resolve()
        if not folder.is_dir():
            message = f"{folder} is not a folder."
            raise CommandError(message)
        try:
            job = imports.start_folder(
                actor=_actor(project, options["email"]),
                project=project,
                folder=str(folder),
                label=options["label"],
                mode=options["mode"],
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"The import of {folder} is job {job.pk}: follow it at /p/{project.slug}/imports/{job.pk}/")


def _actor(project: Project, email: str | None) -> User:
    if email is None:
        return project.created_by
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        message = f"No active user has the address {email}."
        raise CommandError(message)
    return user
