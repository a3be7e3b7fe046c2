"""What the frame around the pages shows: counts in the rail, running jobs, the project switcher, the palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import F
from django.db.models.functions import Collate

from labeling.access import projects_of, role_in, visible_jobs
from labeling.models import ALIVE, Membership, Project, Role, Task
from labeling.selectors import queues as queue_reads
from labeling.selectors.explorer.filters import task_number

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
    """Count the jobs that wait or run, of those that the person may see."""
    return visible_jobs(user).filter(state__in=ALIVE).exclude(project=None).count()


def switchable(user: User) -> QuerySet[Project]:
    """Return the projects for the switcher, by name."""
    return projects_of(user).filter(archived_at=None).order_by("name", "pk")[:SWITCHER_LIMIT]


def find_projects(user: User, q: str) -> list[Project]:
    """Return the projects whose name contains the words."""
    return list(projects_of(user).filter(name__icontains=q).order_by("name", "pk")[:FOUND_LIMIT])


def find_tasks(user: User, q: str, *, within: Project | None) -> list[Task]:
    """Return the tasks with this number or external id that the person may see; in one project, its beginning will do.

    Each is read along an index of its own, so that the palette answers while one types.
    """
    if not q:
        return []
    seen = Task.objects.select_related("project").filter(project__in=projects_of(user))
    number = task_number(q)
    found = list(seen.filter(pk=number)) if number else []
    found += seen.filter(external_id=q).order_by("pk")[:FOUND_LIMIT]
    if within is not None:
        named = seen.filter(project=within).annotate(exact=Collate(F("external_id"), "C"))
        found += named.filter(exact__startswith=q).order_by("exact", "pk")[:FOUND_LIMIT]
    return list({task.pk: task for task in found}.values())[:FOUND_LIMIT]
