"""The export page: choose a format, see what it carries and what it cannot, download."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for
from labeling.errors import Invalid, Problem
from labeling.models import Split, TaskState
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import exports as export_reads
from labeling.services import exports
from labeling.web.requests import SignedInRequest, signed_in


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the formats and what can be left out; `filter` in the address narrows the export as it does the explorer."""
    project = project_for(request.user, slug, Action.EXPORT)
    counts = export_reads.summary(project)
    wanted = _filter_of(request.GET)
    values = {
        "project": project,
        "formats": export_reads.offered(project),
        "counts": counts,
        "total": sum(counts.values()),
        "splits": [(value or "none", label) for value, label in Split.choices],
        "states": TaskState.choices,
        "filter": request.GET.get("filter", "").lstrip("?") if wanted else "",
        "found": explorer_reads.matches(project, wanted) if wanted else None,
        "counted": explorer_reads.COUNTED,
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
        wanted=_filter_of(request.GET),
        updated_after=_moment_of(request.GET.get("updated_after", "")),
    )
    export = exports.download(
        actor=request.user,
        project=project,
        format=request.GET.get("format", "jsonl"),
        filters=filters,
        shape=export_reads.Shape.ANNOTATIONS if request.GET.get("shape") == "annotations" else export_reads.Shape.TASKS,
        columns=export_reads.split_names(request.GET.get("columns", "")),
    )
    response = StreamingHttpResponse(export.content, content_type=export.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=export.filename) or ""
    return response


def _filter_of(query: QueryDict) -> explorer_reads.TaskFilter | None:
    """Return the filter of the explorer that is asked for; who exports is a reviewer."""
    sent = query.get("filter", "")
    wanted = explorer_reads.parse_queue_filter(sent, reviewer=True) if sent else None
    return wanted if wanted and not wanted.is_empty else None


def _moment_of(sent: str) -> datetime | None:
    """Return the moment of a date and time without an offset, which is that of the site."""
    try:
        moment = parse_datetime(sent) if sent else None
    except ValueError:
        moment = None
    if sent and moment is None:
        message = "Expected a date and a time, such as 2027-01-31T12:00."
        raise Invalid(message, problems=(Problem("updated_after", message),))
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


urlpatterns = [
    path("p/<slug:slug>/export/", page, name="project-export"),
    path("p/<slug:slug>/export/file/", download, name="export-download"),
]
