"""What the frame around the pages shows: counts in the rail, running jobs, the project switcher."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet

from labeling.access import projects_of
from labeling.models import (
    ALIVE,
    Annotation,
    AnnotationState,
    Flag,
    FlagState,
    JobRun,
    Lease,
    Membership,
    Project,
    QueueEntry,
    TaskState,
    User,
)

CAP = 1000
"""How far the rail counts; beyond it says so with a plus."""

RAIL_SECONDS = 15
SWITCHER_LIMIT = 30


def rail_counts(*, user: User, project: Project) -> dict[str, str]:
    """Return the figures of the rail in words; a few seconds old at most, so that no page pays for counting."""
    key = f"rail:{project.pk}:{user.pk}"
    kept: dict[str, str] | None = cache.get(key)
    if kept is not None:
        return kept
    counts = {
        "queue": capped(queue_size(user=user, project=project)),
        "flags": capped(Flag.objects.filter(project=project, state=FlagState.OPEN)[: CAP + 1].count()),
        "people": capped(Membership.objects.filter(project=project)[: CAP + 1].count()),
    }
    cache.set(key, counts, RAIL_SECONDS)
    return counts


def capped(count: int) -> str:
    """Write a count; nothing for none."""
    if count > CAP:
        return f"{CAP // 1000}k+"
    return str(count) if count else ""


def queue_size(*, user: User, project: Project) -> int:
    """Count the tasks this person holds or could still take (counting stops beyond CAP)."""
    mine = Lease.objects.filter(task_id=OuterRef("task_id"), user=user)
    answered = Annotation.objects.filter(task_id=OuterRef("task_id"), annotator=user).exclude(
        state=AnnotationState.DRAFT
    )
    waiting = QueueEntry.objects.filter(project=project, open_slots__gt=0).exclude(state=TaskState.QUARANTINED)
    free = waiting.filter(~Exists(mine), ~Exists(answered))[: CAP + 1].count()
    return free + Lease.objects.filter(user=user, project=project).count()


def running_jobs(user: User) -> int:
    """Count the jobs that wait or run in the person's projects."""
    return JobRun.objects.filter(state__in=ALIVE, project__in=projects_of(user)).count()


def switchable(user: User) -> QuerySet[Project]:
    """Return the projects for the switcher, by name."""
    return projects_of(user).filter(archived_at=None).order_by("name", "pk")[:SWITCHER_LIMIT]
