"""Import pages: drop a file, see what it holds and where its columns go, follow the job, read the report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.access import Action, import_for, may, project_for, upload_for
from labeling.errors import DomainError, Invalid
from labeling.formats.mapping import REST
from labeling.formats.registry import accepted_suffixes, describe_source, list_nouns, readable_files
from labeling.models import ALIVE, JobRun, Project, Upload
from labeling.selectors import imports as import_reads
from labeling.selectors import jobs as job_reads
from labeling.selectors import versions as version_reads
from labeling.services import imports
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

TARGETS = {
    "external_id": "External id",
    "external_id_hash": "External id, hashed",
    "split": "Split (train, validation, test)",
    "meta": "Metadata",
    "hash": "Metadata, hashed",
    "meta_object": "Metadata (an object with several)",
    "labels": "Labels (an object: question, answer)",
    "history": "History (of a dcai export)",
    "annotator": "Who answered: the row is one person's",
    "submitted_at": "When that person answered",
    "question": "Question that the person answered",
    "answer": "What the person answered",
    "answer_state": "Whether the answer was submitted",
    "annotations": "Answers of several people (a list)",
    "drop": "Leave out",
}


@signed_in
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Take a file, and list earlier imports."""
    project = project_for(request.user, slug, Action.MANAGE)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            kept = imports.receive(actor=request.user, project=project, file=request.FILES.get("file"))
            return redirect("import-preview", slug, kept.pk)
        except DomainError as refused:
            error = refused
    return _index(request, project, error)


def _index(request: SignedInRequest, project: Project, error: DomainError | None) -> HttpResponseBase:
    fields = [field.name for field in version_reads.schema(project.pk).fields]
    values = {
        "project": project,
        "fields": fields,
        "formats": readable_files(),
        "accept": accepted_suffixes(),
        "files": list_nouns(),
        "imports": import_reads.recent(project),
        "error": error,
    }
    return render(request, "labeling/imports/index.html", values, status=error.status if error else 200)


@signed_in
@require_http_methods(["GET", "POST"])
def preview(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponseBase:
    """Show what a file holds, and start its import with the chosen columns."""
    upload = upload_for(request.user, slug, upload_id, Action.MANAGE)
    error: DomainError | None = None
    try:
        found = imports.preview(project=upload.project, upload=upload)
    except Invalid as refused:
        return _index(request, upload.project, refused)
    chosen = found.further | {column.name: column.target for column in found.columns}
    mode = request.POST.get("mode", imports.KEEP_GOOD)
    if request.method == "POST":
        chosen = _mapping(request, found)
        try:
            options = {
                "mapping": chosen | {REST: request.POST.get("rest", "meta")},
                "mode": mode,
                "dry_run": "dry_run" in request.POST,
            }
            job = imports.start(actor=request.user, project=upload.project, upload=upload, options=options)
            return redirect("import-report", slug, job.pk)
        except DomainError as refused:
            error = refused
    values = _preview_values(upload, found, chosen) | {"mode": mode, "modes": imports.MODES, "error": error}
    return render(request, "labeling/imports/preview.html", values, status=error.status if error else 200)


def _mapping(request: SignedInRequest, found: imports.Preview) -> dict[str, str]:
    """Return the chosen targets; columns have numbers in the form, because their names may be anything."""
    shown = enumerate(found.columns)
    return found.further | {
        column.name: request.POST.get(f"column-{number}", column.target) for number, column in shown
    }


def _preview_values(upload: Upload, found: imports.Preview, chosen: dict[str, str]) -> dict[str, Any]:
    return {
        "project": upload.project,
        "upload": upload,
        "preview": found,
        "format": describe_source(found.source),
        "columns": [
            {
                "number": number,
                "name": column.name,
                "samples": column.samples,
                "personal": column.personal,
                "target": chosen[column.name],
                "people": _answers_of(column.name, chosen[column.name], found),
            }
            for number, column in enumerate(found.columns)
        ],
        "fields": [(target, target[6:]) for target in found.targets if target.startswith("field:")],
        "questions": [(target, target[6:]) for target in found.targets if target.startswith("label:")],
        "others": list(TARGETS.items()),
    }


def _answers_of(column: str, target: str, found: imports.Preview) -> list[tuple[str, str, str]]:
    """Return the targets of a column that holds one person's answers, each with the question and the person."""
    person = column.strip()
    questions = [name[6:] for name in found.targets if name.startswith("label:")]
    offered = {f"answer:{question}:{person}": (question, person) for question in questions if person}
    if target.startswith("answer:"):
        question, _, named = target[7:].partition(":")
        offered = {target: (question, named)} | offered
    return [(target, *words) for target, words in offered.items()]


@signed_in
@require_POST
def discard(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponseBase:
    """Throw an uploaded file away."""
    upload = upload_for(request.user, slug, upload_id, Action.MANAGE)
    imports.forget(actor=request.user, upload=upload)
    notify(request, f"“{upload.filename}” was not imported, and is deleted.")
    return redirect("project-imports", slug)


@signed_in
@require_GET
def report(request: SignedInRequest, slug: str, job_id: int) -> HttpResponseBase:
    """Show how far an import is, and what became of its rows."""
    job = import_for(request.user, slug, job_id, Action.MANAGE)
    over = job.state not in ALIVE
    line = import_reads.line(job)
    values = {
        "project": job.project,
        "job": job,
        "over": over,
        "line": line,
        "told": import_reads.told(line.counts) if over and line.counts else [],
        "told_of_people": import_reads.told_of_people(line.counts) if over and line.counts else [],
        "dry_run": import_reads.was_dry_run(job),
        "upload": import_reads.left_over(job) if over else None,
        "unknown": import_reads.unknown_labels(job) if over else [],
        "offered": import_reads.offered(job) if over else [],
        "time_left": job_reads.time_left(job),
        "no_worker": job_reads.no_worker(job),
        "problems": import_reads.problems(job) if over else [],
        "reasons": import_reads.reasons(job) if over else [],
        "removable": imports.removable(job) if over else None,
        "can_annotate": may(request.user, project_for(request.user, slug, Action.MANAGE), Action.ANNOTATE),
        "can_cancel": not over and not job.cancel_requested_at,
    }
    return render(request, "labeling/imports/report.html", values)


@signed_in
@require_GET
def problems(request: SignedInRequest, slug: str, job_id: int) -> HttpResponseBase:
    """Send every problem of an import as CSV."""
    job = import_for(request.user, slug, job_id, Action.MANAGE)
    response = StreamingHttpResponse(import_reads.report(job), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"import-{job.pk}-problems.csv") or ""
    )
    return response


@signed_in
@require_POST
def start_checked(request: SignedInRequest, slug: str, job_id: int) -> HttpResponseBase:
    """Start the import that a dry run looked through, with what was said of unknown labels; or look again."""
    job = import_for(request.user, slug, job_id, Action.MANAGE)
    add, values = _said_of_unknown(request, job)
    again = "dry_run" in request.POST
    try:
        started = imports.start_checked(actor=request.user, job=job, add=add, values=values, again=again)
    except Invalid as refused:
        notify(request, refused.message, level=messages.ERROR)
        return redirect("import-report", slug, job.pk)
    if added := sum(map(len, add.values())):
        notify(request, f"{added:,} label{'' if added == 1 else 's'} added to the project.")
    return redirect("import-report", slug, started.pk)


def _said_of_unknown(request: SignedInRequest, job: JobRun) -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """Return which unknown labels are to be added, and what others stand for, by question; they have numbers."""
    add: dict[str, list[str]] = {}
    values: dict[str, dict[str, str]] = {}
    for number, unknown in enumerate(import_reads.unknown_labels(job)):
        if f"add-{number}" in request.POST:
            add.setdefault(unknown.question, []).append(unknown.label)
        if meant := request.POST.get(f"as-{number}", "").strip():
            values.setdefault(unknown.question, {})[unknown.label] = meant
    return add, values


@signed_in
@require_POST
def remove(request: SignedInRequest, slug: str, job_id: int) -> HttpResponseBase:
    """Remove the tasks an import added."""
    job = import_for(request.user, slug, job_id, Action.MANAGE)
    removed = imports.remove(actor=request.user, job=job)
    changed = f" and {removed.changed:,} are as they were before" if removed.changed else ""
    notify(request, f"{removed.tasks:,} tasks of this import are removed{changed}.")
    return redirect("project-imports", slug)


urlpatterns = [
    path("p/<slug:slug>/imports/", index, name="project-imports"),
    path("p/<slug:slug>/imports/files/<int:upload_id>/", preview, name="import-preview"),
    path("p/<slug:slug>/imports/files/<int:upload_id>/discard/", discard, name="import-discard"),
    path("p/<slug:slug>/imports/<int:job_id>/", report, name="import-report"),
    path("p/<slug:slug>/imports/<int:job_id>/problems.csv", problems, name="import-problems"),
    path("p/<slug:slug>/imports/<int:job_id>/start/", start_checked, name="import-start-checked"),
    path("p/<slug:slug>/imports/<int:job_id>/remove/", remove, name="import-remove"),
]
