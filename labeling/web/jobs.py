"""Jobs: a list, one job with its progress, cancelling."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, job_for, may
from labeling.errors import Conflict
from labeling.models import ALIVE, JobErrors, JobRun, JobState
from labeling.selectors import imports as import_reads
from labeling.selectors import jobs as job_reads
from labeling.services import bulk_acts, jobs
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify


@signed_in
@require_GET
def index(request: SignedInRequest) -> HttpResponseBase:
    """List jobs."""
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:100] for name in ("q", "state", "project", "sort")}
    page = job_reads.jobs(request.user, **asked, cursor=request.GET.get("cursor", ""))
    values = {"page": page, "asked": asked, "states": JobState.choices, "default_sort": "-started"}
    return render(request, "labeling/jobs/list.html", values)


@signed_in
@require_GET
def detail(request: SignedInRequest, job_id: int) -> HttpResponseBase:
    """Show one job."""
    return render(request, "labeling/jobs/detail.html", _values(request, job_for(request.user, job_id, Action.VIEW)))


@signed_in
@require_GET
def card(request: SignedInRequest, job_id: int) -> HttpResponseBase:
    """Show a job's progress, for the page that asks again and again."""
    return render(request, "components/job_card.html", _values(request, job_for(request.user, job_id, Action.VIEW)))


def _values(request: SignedInRequest, job: JobRun) -> dict[str, Any]:
    mine = job.requested_by_id == request.user.pk
    may_cancel = mine or (job.project is not None and may(request.user, job.project, Action.MANAGE))
    return {
        "job": job,
        "project": job.project,
        "time_left": job_reads.time_left(job),
        "no_worker": job_reads.no_worker(job),
        "result": _facts(job.result),
        "problems": JobErrors.load(job.result).errors or _wrong_rows(job),
        "list_query": job_reads.list_of(job),
        "can_take_back": job.state not in ALIVE
        and bool(job_reads.standing_acts(job))
        and job.project is not None
        and may(request.user, job.project, Action.REVIEW),
        "can_cancel": job.state in ALIVE and not job.cancel_requested_at and may_cancel,
    }


def _wrong_rows(job: JobRun) -> list[dict[str, Any]]:
    """Return what was wrong with the first rows of a job's file."""
    return [
        {"row": problem.row, "path": problem.column, "message": problem.message}
        for problem in import_reads.problems(job)
    ]


def _facts(result: dict[str, Any] | None) -> list[tuple[str, Any]]:
    """Return the figures of a result, for people."""
    return [
        (name.replace("_", " ").capitalize(), f"{value:,}" if isinstance(value, int) else value)
        for name, value in (result or {}).items()
        if name != "version" and isinstance(value, int | float | str) and not isinstance(value, bool)
    ]


@signed_in
@require_POST
def cancel(request: SignedInRequest, job_id: int) -> HttpResponseBase:
    """Cancel a job: one's own, or any as a manager."""
    job = job_for(request.user, job_id, Action.VIEW)
    if job.requested_by_id != request.user.pk:
        job = job_for(request.user, job_id, Action.MANAGE)
    job = jobs.cancel(actor=request.user, job=job)
    words = "The job stops at its next step." if job.state in ALIVE else "The job is canceled."
    notify(request, words, level=messages.INFO)
    return redirect("job", job.pk)


@signed_in
@require_POST
def take_back(request: SignedInRequest, job_id: int) -> HttpResponseBase:
    """Take back what a job did to many tasks, by another job."""
    job = job_for(request.user, job_id, Action.REVIEW)
    try:
        started = bulk_acts.start_taking_back(actor=request.user, job=job)
    except Conflict as error:
        notify(request, error.message, level=messages.WARNING)
        return redirect("job", job.pk)
    return redirect("job", started.pk)


urlpatterns = [
    path("jobs/", index, name="jobs"),
    path("jobs/<int:job_id>/", detail, name="job"),
    path("jobs/<int:job_id>/card/", card, name="job-card"),
    path("jobs/<int:job_id>/cancel/", cancel, name="job-cancel"),
    path("jobs/<int:job_id>/undo/", take_back, name="job-undo"),
]
