"""The quality page: what the last check found, its runs, and the button that starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, job_for, may, project_for
from labeling.errors import Conflict, NotFound
from labeling.models import ALIVE, JobState
from labeling.reasons.label_error import LABEL_ERROR
from labeling.selectors import jobs as job_reads
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import versions as version_reads
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify
from quality.selectors import history as history_reads
from quality.selectors import runs as run_reads
from quality.selectors import standing as standing_reads
from quality.services import runs
from quality.web import addresses, findings
from quality.web.gain import gain_values

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import JobRun, Project


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show what is known about the quality of a question's labels."""
    project = project_for(request.user, slug, Action.REVIEW)
    questions = list(version_reads.schema(project.pk).questions)
    asked = request.GET.get("question", "")[:64]
    question = next((each for each in questions if each.name == asked), questions[0])
    run = run_reads.newest(project, question.name)
    has_tasks = no_data_reads.has_tasks(project)
    values = {
        "project": project,
        "questions": questions,
        "question": question,
        "run": run,
        "has_tasks": has_tasks,
        "standing": standing_reads.standing_for(project, question, run),
        "can_run": has_tasks and project.archived_at is None,
        "can_manage": may(request.user, project, Action.MANAGE),
        "review": addresses.flags(project, question=question.name, reason=LABEL_ERROR.name),
        **_runs(request, project, question),
    }
    if run is not None:
        values |= findings.findings_for(project, question, run)
        values |= gain_values(project, question, axis=request.GET.get("x", ""))
    return render(request, "quality/index.html", values)


def _runs(request: SignedInRequest, project: Project, question: Question) -> dict[str, Any]:
    """Return the last runs, the one under way, and the last one if it went wrong."""
    past = history_reads.past_runs(project, question.name)
    job = next((each.job for each in past if each.job.state in ALIVE), None)
    newest = past[0] if past else None
    return {
        "past": past,
        "failed": newest if newest and newest.job.state == JobState.FAILED else None,
        "rests": newest is not None and newest.job.state in {JobState.FAILED, JobState.CANCELLED},
        "unchanged": newest if newest and newest.unchanged else None,
        **(_progress(request, project, job) if job else {}),
    }


@signed_in
@require_GET
def progress(request: SignedInRequest, slug: str, job_id: int) -> HttpResponseBase:
    """Show how far a run is, for the page that asks again and again."""
    project = project_for(request.user, slug, Action.REVIEW)
    job = job_for(request.user, job_id, Action.VIEW)
    if job.project_id != project.pk or job.kind != run_reads.KIND:
        raise NotFound
    return render(request, "quality/progress.html", _progress(request, project, job))


def _progress(request: SignedInRequest, project: Project, job: JobRun) -> dict[str, Any]:
    mine = job.requested_by_id == request.user.pk
    return {
        "project": project,
        "job": job,
        "steps": history_reads.steps(job),
        "time_left": job_reads.time_left(job),
        "no_worker": job_reads.no_worker(job),
        "can_cancel": job.state in ALIVE
        and not job.cancel_requested_at
        and (mine or may(request.user, project, Action.MANAGE)),
    }


@signed_in
@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Start a run."""
    project = project_for(request.user, slug, Action.REVIEW)
    question = request.POST.get("question", "")[:64]
    try:
        runs.start(actor=request.user, project=project, question=question, force=request.POST.get("force") == "1")
    except Conflict:
        notify(request, "The check is running already: here is how far it is.", level=messages.INFO)
    here = reverse("project-quality", args=(slug,))
    several = len(version_reads.schema(project.pk).questions) > 1
    return redirect(f"{here}?question={question}" if several else here)


urlpatterns = [
    path("p/<slug:slug>/quality/", page, name="project-quality"),
    path("p/<slug:slug>/quality/run/", start, name="project-quality-run"),
    path("p/<slug:slug>/quality/jobs/<int:job_id>/", progress, name="project-quality-progress"),
]
