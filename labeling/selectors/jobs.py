"""Jobs as people follow them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from labeling.access import projects_of
from labeling.models import ALIVE, JobRun, JobState
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project, User

PAGE = 50
SORTS = {"started": "pk", "kind": "kind"}
"""What jobs can be sorted by."""
STALE = timedelta(seconds=30)
"""A job that waits longer than this has probably no worker."""


def jobs(
    user: User, *, q: str = "", state: str = "", project: str = "", sort: str = "", cursor: str = ""
) -> Page[JobRun]:
    """Return a page of the jobs of the person's projects, newest first."""
    mine = Q(project__in=projects_of(user))
    if user.is_superuser:
        mine |= Q(project=None)
    found = JobRun.objects.filter(mine).select_related("project", "requested_by").defer("params", "cursor", "result")
    if q:
        found = found.filter(Q(kind__icontains=q) | Q(message__icontains=q) | Q(error__icontains=q))
    if state == "alive":
        found = found.filter(state__in=ALIVE)
    elif state in JobState.values:
        found = found.filter(state=state)
    if project:
        found = found.filter(project__slug=project)
    order = SORTS.get(sort.removeprefix("-"), "pk")
    return keyset(found, order=f"-{order}" if sort.startswith("-") or not sort else order, cursor=cursor, size=PAGE)


def jobs_of_project(project: Project) -> QuerySet[JobRun]:
    """Return the jobs of a project."""
    return JobRun.objects.filter(project=project)


def time_left(job: JobRun) -> timedelta | None:
    """Return how long a running job will take if it goes on as it did."""
    if job.state != JobState.RUNNING or not job.started_at or not job.total or not 0 < job.done < job.total:
        return None
    spent = timezone.now() - job.started_at
    return timedelta(seconds=round(spent.total_seconds() * (job.total - job.done) / job.done))


def no_worker(job: JobRun, now: datetime | None = None) -> bool:
    """Return whether a job waits so long that probably no worker runs."""
    return job.state == JobState.QUEUED and (now or timezone.now()) - job.created_at > STALE
