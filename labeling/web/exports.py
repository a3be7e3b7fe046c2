"""The export page: choose a format, see what it carries and what it cannot, download."""

from __future__ import annotations

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for
from labeling.models import Split, TaskState
from labeling.selectors import exports as export_reads
from labeling.services import exports
from labeling.web.requests import SignedInRequest, signed_in


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the formats and what can be left out."""
    project = project_for(request.user, slug, Action.EXPORT)
    counts = export_reads.summary(project)
    values = {
        "project": project,
        "formats": export_reads.offered(project),
        "counts": counts,
        "total": sum(counts.values()),
        "splits": [(value or "none", label) for value, label in Split.choices],
        "states": TaskState.choices,
    }
    return render(request, "labeling/exports/index.html", values)


@signed_in
@require_GET
def download(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Send a project's tasks and labels."""
    project = project_for(request.user, slug, Action.EXPORT)
    split = request.GET.get("split", export_reads.ANY)
    filters = export_reads.Filters(
        split="" if split == "none" else split,
        state=request.GET.get("state", export_reads.ANY),
        quarantined="quarantined" in request.GET,
    )
    export = exports.download(
        actor=request.user, project=project, format=request.GET.get("format", "jsonl"), filters=filters
    )
    response = StreamingHttpResponse(export.content, content_type=export.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=export.filename) or ""
    return response


urlpatterns = [
    path("p/<slug:slug>/export/", page, name="project-export"),
    path("p/<slug:slug>/export/file/", download, name="export-download"),
]
