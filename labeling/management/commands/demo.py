"""`manage.py demo`: make the demo projects, or remove them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labeling.models import User
from labeling.services import demo


class Command(BaseCommand):
    """Safe to run again: what is there stays as it is."""

    help = "Make the demo projects (handwritten digits, support messages), or remove them with everything in them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which demos, who manages them, and the seed of their wrong labels."""
        parser.add_argument("--only", choices=sorted(demo.DEMOS), help="one of them")
        parser.add_argument("--manager", metavar="EMAIL", help="who manages them (default: the first administrator)")
        parser.add_argument("--seed", type=int, default=demo.SEED, help="which labels are missing or wrong")
        parser.add_argument("--remove", action="store_true", help="remove them, with every answer given in them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make or remove them."""
        manager = _manager(options["manager"])
        for key in [options["only"]] if options["only"] else list(demo.DEMOS):
            name = demo.DEMOS[key].name
            if options["remove"]:
                removed = demo.remove(actor=manager, key=key, seed=options["seed"])
                self.stdout.write(f"{name}: {'removed' if removed else 'not there'}")
            elif demo.find_demo(key, seed=options["seed"]) is not None:
                project = demo.create(actor=manager, key=key, seed=options["seed"])
                self.stdout.write(f"{name}: already there, at /p/{project.slug}/")
            else:
                project = demo.create(actor=manager, key=key, seed=options["seed"])
                wrong = demo.DEMOS[key].wrong_share
                self.stdout.write(
                    f"{name}: {project.tasks.count():,} tasks at /p/{project.slug}/, of their labels outside the test "
                    f"split {wrong:.0%} are wrong"
                )


def _manager(email: str | None) -> User:
    people = User.objects.filter(is_active=True)
    if email:
        found = people.filter(email=email.strip().lower()).first()
        message = f"No active user has the address {email}."
    else:
        found = people.filter(is_superuser=True).order_by("id").first()
        message = "There is no administrator yet. Make one with `manage.py createsuperuser`, or name a --manager."
    if found is None:
        raise CommandError(message)
    return found
