"""The weekly report: a page, and a file for a spreadsheet."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for
from labeling.formats.csv import escape
from labeling.web.requests import SignedInRequest, signed_in
from quality.selectors import weekly as weekly_reads

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.selectors.weekly import Row, WeeklyReport

WEEKS = 26
"""So many weeks can be picked; the address takes any."""
COLUMNS = (
    "week", "person", "answers", "tasks_finished", "skipped", "median_seconds", "compared", "matched", "agreement",
    "decided", "overruled", "overruled_share",
)  # fmt: skip


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show what was done in a week."""
    project = project_for(request.user, slug, Action.MANAGE)
    report = weekly_reads.weekly_report(project, _asked(request))
    this = weekly_reads.monday_of(timezone.localdate())
    values = {
        "project": project,
        "report": report,
        "rows": [(row, _answers(project, row, report)) for row in report.rows],
        "weeks": sorted({this - timedelta(days=7 * back) for back in range(WEEKS)} | {report.begins}, reverse=True),
        "before": report.begins - timedelta(days=7),
        "after": report.begins + timedelta(days=7) if report.begins < this else None,
    }
    return render(request, "quality/weekly.html", values)


@signed_in
@require_GET
def download(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Send the report of a week as CSV: a row for each person, then one for all."""
    project = project_for(request.user, slug, Action.MANAGE)
    report = weekly_reads.weekly_report(project, _asked(request))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{project.slug}-week-{report.begins.isoformat()}.csv"
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    lines = csv.writer(response)
    lines.writerow(COLUMNS)
    for row in (*report.rows, report.together):
        lines.writerow([escape(cell) for cell in _cells(report, row)])
    return response


def _asked(request: SignedInRequest) -> date:
    """Return the Monday of the week that was asked for: of any of its days; without one, of the last full week."""
    today = timezone.localdate()
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        day = today - timedelta(days=7)
    return weekly_reads.monday_of(min(max(day, date(1970, 1, 5)), today))


def _answers(project: Project, row: Row, report: WeeklyReport) -> dict[str, str]:
    """Return where a person's answers of the week are, by what became of them."""
    here = reverse("project-person-answers", args=(project.slug, row.person.pk if row.person else 0))
    days = {"since": report.begins.isoformat(), "until": report.ends.isoformat()}
    return {
        outcome: f"{here}?{urlencode({'outcome': outcome} | days)}"
        for outcome in ("submitted", "skipped", "reviewed", "changed")
    }


def _cells(report: WeeklyReport, row: Row) -> list[str]:
    def number(value: float | None, places: int) -> str:
        return "" if value is None else f"{value:.{places}f}"

    return [
        report.begins.isoformat(), str(row.person) if row.person else "all", str(row.answers), str(row.finished),
        str(row.skipped), number(row.seconds, 1), str(row.compared), str(row.matched), number(row.agreement, 4),
        str(row.decided), str(row.overruled), number(row.overruled_share, 4),
    ]  # fmt: skip


urlpatterns = [
    path("p/<slug:slug>/people/weekly/", page, name="project-weekly"),
    path("p/<slug:slug>/people/weekly.csv", download, name="project-weekly-download"),
]
