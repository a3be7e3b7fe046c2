"""Jobs as people follow them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from labeling.access import visible_jobs
from labeling.models import ALIVE, BulkAct, JobRun, JobState
from labeling.models.bulk_acts import BulkCursor, BulkParams
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project, User

PAGE = 50
BULK = "labeling.bulk"
"""The kind of job that changes many tasks."""
SORTS = {"started": "pk", "kind": "kind"}
"""What jobs can be sorted by."""
STALE = timedelta(seconds=30)
"""A job that waits longer than this has probably no worker."""


def jobs(
    user: User, *, q: str = "", state: str = "", project: str = "", sort: str = "", cursor: str = ""
) -> Page[JobRun]:
    """Return a page of the jobs that the person may see, newest first."""
    found = visible_jobs(user).select_related("project", "requested_by").defer("params", "cursor", "result")
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


def jobs_of_project(project: Project, user: User) -> QuerySet[JobRun]:
    """Return the jobs of a project that the person may see."""
    return visible_jobs(user).filter(project=project)


def time_left(job: JobRun) -> timedelta | None:
    """Return how long a running job will take if it goes on as it did."""
    if job.state != JobState.RUNNING or not job.started_at or not job.total or not 0 < job.done < job.total:
        return None
    spent = timezone.now() - job.started_at
    return timedelta(seconds=round(spent.total_seconds() * (job.total - job.done) / job.done))


def no_worker(job: JobRun, now: datetime | None = None) -> bool:
    """Return whether a job waits so long that probably no worker runs."""
    return job.state == JobState.QUEUED and (now or timezone.now()) - job.created_at > STALE


def standing_acts(job: JobRun) -> list[BulkAct]:
    """Return the acts of a job on many tasks that were not taken back, the last one first; other jobs have none."""
    if job.kind != BULK:
        return []
    acts = BulkAct.objects.filter(pk__in=BulkCursor.load(job.cursor).acts, project=job.project, undone_at=None)
    return list(acts.defer("before").order_by("-pk"))


def list_of(job: JobRun) -> str | None:
    """Return the parameters of the list that an act on many tasks was asked for in; None: it is no such job."""
    return BulkParams.load(job.params).query if job.kind == BULK else None
