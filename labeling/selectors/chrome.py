"""What the frame around the pages shows: counts in the rail, running jobs, the project switcher, the palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache

from labeling.access import projects_of, role_in
from labeling.models import ALIVE, JobRun, Membership, Project, Role, Task
from labeling.selectors import queues as queue_reads

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import User

RAIL_SECONDS = 5
SWITCHER_LIMIT = 30
FOUND_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Rail:
    """What the rail of a project's pages shows to a person: by their role, and its figures in words."""

    role: str
    counts: dict[str, str]


def rail(*, user: User, project: Project) -> Rail:
    """Return what the rail shows; a few seconds old at most, so that no page pays for counting."""
    key = f"rail:{project.pk}:{user.pk}"
    kept: Rail | None = cache.get(key)
    if kept is not None:
        return kept
    members = Membership.objects.filter(project=project, user__is_service=False)
    found = Rail(
        role=role_in(user, project.pk) or Role.VIEWER,
        counts={
            "queue": queue_reads.capped(queue_reads.waiting_for(user, [project.pk])[project.pk]),
            "flags": queue_reads.capped(queue_reads.open_flags([project.pk])[project.pk]),
            "people": queue_reads.capped(members[: queue_reads.CAP + 1].count()),
        },
    )
    cache.set(key, found, RAIL_SECONDS)
    return found


def running_jobs(user: User) -> int:
    """Count the jobs that wait or run in the person's projects."""
    return JobRun.objects.filter(state__in=ALIVE, project__in=projects_of(user)).count()


def switchable(user: User) -> QuerySet[Project]:
    """Return the projects for the switcher, by name."""
    return projects_of(user).filter(archived_at=None).order_by("name", "pk")[:SWITCHER_LIMIT]


def find_projects(user: User, q: str) -> list[Project]:
    """Return the projects whose name contains the words."""
    return list(projects_of(user).filter(name__icontains=q).order_by("name", "pk")[:FOUND_LIMIT])


def find_task(user: User, q: str) -> Task | None:
    """Return the task with this number, if the person may see it."""
    number = q.removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return Task.objects.select_related("project").filter(pk=int(number), project__in=projects_of(user)).first()
