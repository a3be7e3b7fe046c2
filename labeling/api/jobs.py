"""Jobs: how far they are, and how to end one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import query
from labeling.api.types import JobKind, JobResult
from labeling.models import JobRun, JobState, Scope
from labeling.selectors import imports as import_reads
from labeling.selectors import jobs as job_reads
from labeling.services import jobs

if TYPE_CHECKING:
    from rest_framework.request import Request

TAG = "Jobs"


class JobDocument(BaseModel):
    """Work that a worker does."""

    id: int
    kind: JobKind
    state: JobState
    progress: float = Field(description="From 0 to 1.")
    done: int = Field(description="In units of the kind: of an import the bytes read, else rows, tasks or steps.")
    total: int = Field(description="In the same units; 0 while it is not known.")
    message: str
    error: str | None = Field(description="Why it failed, for a person.")
    result: JobResult | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobList(Listed):
    """One page of jobs, newest first."""

    results: list[JobDocument]


class RowProblem(BaseModel):
    """Why a row was not taken."""

    row: int
    column: str
    message: str


class RowProblemList(Listed):
    """One page of problems, in the order of the rows."""

    results: list[RowProblem]


def document(job: JobRun) -> dict[str, Any]:
    """Return a job."""
    share = 1.0 if job.state == JobState.SUCCEEDED else min(1.0, job.done / job.total) if job.total else 0.0
    return {
        "id": job.pk,
        "kind": job.kind,
        "state": job.state,
        "progress": round(share, 4),
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "error": job.error or None,
        "result": job.result,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


class ProjectJobs(Endpoint):
    """The jobs of a project."""

    @operation(
        "jobs_list",
        "List jobs",
        tag=TAG,
        needs=Scope.READ,
        query=Page,
        returns={200: JobList},
        description="All of them for reviewers; for others those that they asked for.",
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the jobs, newest first."""
        user = actor(request)
        project = access.project_for(user, slug, Action.VIEW)
        return listed(
            request,
            job_reads.jobs_of_project(project, user),
            query(request, Page),
            order="-pk",
            show=lambda rows: [document(job) for job in rows],
        )


class OneJob(Endpoint):
    """One job."""

    @operation("jobs_read", "Read a job", tag=TAG, needs=Scope.READ, returns={200: JobDocument})
    def get(self, request: Request, job_id: int) -> Response:
        """Return state, progress, error and result."""
        return Response(document(access.job_for(actor(request), job_id, Action.VIEW)))

    @operation("jobs_cancel", "Cancel a job", tag=TAG, needs=Scope.MANAGE, returns={200: JobDocument})
    def delete(self, request: Request, job_id: int) -> Response:
        """Cancel the job: at once while it waits, at its next step while it runs."""
        job = access.job_for(actor(request), job_id, Action.MANAGE)
        return Response(document(jobs.cancel(actor=actor(request), job=job)))


class JobProblems(Endpoint):
    """What was wrong with the rows of a file: of an import, or of predictions."""

    @operation(
        "jobs_problems",
        "List the rows that were not taken",
        tag=TAG,
        needs=Scope.READ,
        query=Page,
        returns={200: RowProblemList},
    )
    def get(self, request: Request, job_id: int) -> Response:
        """Return row, column and reason."""
        job = access.job_for(actor(request), job_id, Action.MANAGE)
        return listed(
            request,
            import_reads.problems_of(job),
            query(request, Page),
            order="row",
            show=lambda rows: [
                {"row": problem.row, "column": problem.column, "message": problem.message} for problem in rows
            ],
        )
