"""Projects and people for a run, made in the database of the product that runs: `python -m tests.chaos.stage`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from tests.running import Site

LABELS = ("billing", "delivery", "other")
QUESTION = "intent"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who labels, and the token of their programs."""

    pk: int
    secret: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What a run works on.

    `once` asks one person per task, `thrice` three, and `heap` takes the large imports that nobody labels.
    """

    manager: Person
    people: tuple[Person, ...]
    projects: dict[str, int]
    slugs: dict[str, str]

    @property
    def labeled(self) -> tuple[str, str]:
        """The slugs of the projects in which people label."""
        return self.slugs["once"], self.slugs["thrice"]


def build(site: Site, *, people: int, tasks: int) -> Stage:
    """Make what a run works on, by a process of the product's own settings."""
    wanted = json.dumps({"people": people, "tasks": tasks})
    done = site.run("-m", "tests.chaos.stage", wanted, settings={"DJANGO_SETTINGS_MODULE": "dcai_web.settings"})
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    return Stage(
        manager=Person(**made["manager"]),
        people=tuple(Person(**person) for person in made["people"]),
        projects=made["projects"],
        slugs=made["slugs"],
    )


def _make(*, people: int, tasks: int) -> dict[str, Any]:
    from labeling.models import Membership, Role, User  # noqa: PLC0415 - only now there are settings
    from labeling.services import tokens  # noqa: PLC0415 - the same
    from tests import factories  # noqa: PLC0415 - the same

    def person(user: User) -> dict[str, Any]:
        return asdict(Person(pk=user.pk, secret=tokens.issue_token(user=user, name="chaos", scope="manage")[1]))

    manager = factories.user("manager@example.org")
    overlaps: dict[str, dict[str, Any]] = {
        "once": {"overlap": 1},
        "thrice": {"overlap": 3, "max_overlap": min(5, people)},
        "heap": {"overlap": 1},
    }
    projects = {name: factories.project(manager=manager, name=name, **given) for name, given in overlaps.items()}
    factories.tasks(projects["once"], tasks)
    factories.tasks(projects["thrice"], max(1, tasks // 4))
    team = [factories.user(f"annotator-{number}@example.org", password=factories.PASSWORD) for number in range(people)]
    for member in team:
        for name in ("once", "thrice"):
            Membership.objects.create(project=projects[name], user=member, role=Role.ANNOTATOR)
    return {
        "manager": person(manager),
        "people": [person(member) for member in team],
        "projects": {name: project.pk for name, project in projects.items()},
        "slugs": {name: project.slug for name, project in projects.items()},
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dcai_web.settings")
    django.setup()
    sys.stdout.write(json.dumps(_make(**json.loads(sys.argv[1]))) + "\n")
