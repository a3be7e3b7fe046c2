"""The agreement page: in the order of a manager's questions, and the diagnosis for download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, may, project_for
from labeling.errors import Conflict, Invalid
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import jobs as job_reads
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import versions as version_reads
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify
from quality.selectors import agreement as agreement_reads
from quality.selectors import diagnosis as diagnosis_reads
from quality.services.agreement import starting
from quality.web.agreement_words import told_of

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show how far people agree on a question."""
    project = project_for(request.user, slug, Action.REVIEW)
    questions = list(version_reads.schema(project.pk).questions)
    question = _asked(request, questions)
    reports = agreement_reads.reports_for(project, question.name)
    last = agreement_reads.last_job(project)
    values = {
        "project": project,
        "questions": questions,
        "question": question,
        "report": reports[0] if reports else None,
        "has_tasks": no_data_reads.has_tasks(project),
        "failed": last if agreement_reads.has_failed(last) and last is not None and last.error else None,
        "can_measure": project.archived_at is None,
        "sides": adjudication_reads.sides_taken(project, question.name),
        "can_manage": may(request.user, project, Action.MANAGE),
        **_progress(request, project),
    }
    if reports:
        values["told"] = reports[0].document
    if reports and reports[0].document.tasks:
        values |= told_of(project, reports[0], agreement_reads.names_of(reports))
        values["waiting"] = agreement_reads.undecided(project, question.name)
        values["chosen"] = agreement_reads.chosen_method(project, question.name)
    return render(request, "quality/agreement/index.html", values)


def _progress(request: SignedInRequest, project: Project) -> dict[str, Any]:
    """Return the job that measures now, with what its card shows."""
    job = agreement_reads.job_alive(project)
    if job is None:
        return {}
    mine = job.requested_by_id == request.user.pk
    return {
        "job": job,
        "time_left": job_reads.time_left(job),
        "no_worker": job_reads.no_worker(job),
        "can_cancel": not job.cancel_requested_at and (mine or may(request.user, project, Action.MANAGE)),
    }


def _asked(request: SignedInRequest, questions: list[Question]) -> Question:
    asked = request.GET.get("question", "")[:64]
    return next((each for each in questions if each.name == asked), questions[0])


@signed_in
@require_POST
def measure(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Measure anew."""
    project = project_for(request.user, slug, Action.REVIEW)
    try:
        starting.start(actor=request.user, project=project)
    except Conflict:
        notify(request, "It is being measured already: here is how far it is.", level=messages.INFO)
    return redirect(_address(project, request.POST.get("question", "")[:64]))


def _address(project: Project, question: str) -> str:
    here = reverse("project-agreement", args=(project.slug,))
    several = len(version_reads.schema(project.pk).questions) > 1
    return f"{here}?question={question}" if several and question else here


@signed_in
@require_GET
def diagnosis(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Send a row for each task that several people answered, with a column for each person."""
    project = project_for(request.user, slug, Action.REVIEW)
    question = _asked(request, list(version_reads.schema(project.pk).questions))
    response = StreamingHttpResponse(
        diagnosis_reads.diagnosis_lines(project, question), content_type="text/csv; charset=utf-8"
    )
    name = f"{project.slug}-{question.name}-answers.csv"
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


@signed_in
@require_POST
def choose(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Choose how several answers become a label."""
    project = project_for(request.user, slug, Action.MANAGE)
    question = request.POST.get("question", "")[:64]
    try:
        starting.choose_method(
            actor=request.user, project=project, question=question, method=request.POST.get("method", "")[:20]
        )
    except Invalid as error:
        notify(request, error.message, level=messages.ERROR)
    else:
        notify(request, "Chosen. The labels follow; under Activity that can be undone as one act.")
    return redirect(_address(project, question))


urlpatterns = [
    path("p/<slug:slug>/agreement/", page, name="project-agreement"),
    path("p/<slug:slug>/agreement/measure/", measure, name="project-agreement-measure"),
    path("p/<slug:slug>/agreement/method/", choose, name="project-agreement-method"),
    path("p/<slug:slug>/agreement/diagnosis.csv", diagnosis, name="project-agreement-diagnosis"),
]
