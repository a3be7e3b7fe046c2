"""The page of one person in a project: for the person, and for those who review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from labeling.access import Action, may, person_for
from labeling.scoring.intervals import wilson
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import work as work_reads
from labeling.selectors.explorer import ANYBODY, Chip, Said, Several
from labeling.web.requests import SignedInRequest, signed_in
from quality.scoring.agreement.readings import DRIFT_THRESHOLD
from quality.selectors import person as person_reads
from quality.selectors.words import between, share
from quality.web import addresses, charts
from quality.web.findings import Figure

if TYPE_CHECKING:
    from labeling.models import Project, User
    from labeling.selectors.work import By, Span, Work
    from quality.models.agreement import CoursePart, UsePart
    from quality.selectors.person import BesideOthers

MOST_USES = 12
FEW_TASKS = 30
"""With fewer shared tasks a person's agreement says next to nothing."""
FEW_DECIDED = 10
"""Of fewer decided answers a share is not told."""
LEAST_USE = 0.5
"""Labels are told of which somebody gives at least so many more, or fewer, than the others."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day or week: what was done in it, how long its bar is, and where its answers are."""

    span: Span
    href: str


@dataclass(frozen=True, slots=True)
class Use:
    """How often a person gives a label, beside the others on the same tasks."""

    chip: Chip
    said: int
    others: float
    more: float
    href: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question on the page; addresses are empty for who may not see what others answered."""

    beside: BesideOthers
    uses: list[Use]
    few: bool
    change: float | None
    differ_href: str
    drift_chart: charts.Chart | None
    week_chart: charts.Chart | None
    since_href: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whom all parts of the page are about, and whether it is read by somebody who reviews."""

    project: Project
    person: User
    by_reviewer: bool

    def answers(self, **wanted: str) -> str:
        """Return where these of the person's answers are."""
        here = reverse("project-person-answers", args=(self.project.slug, self.person.pk))
        return f"{here}?{urlencode(wanted)}" if wanted else here


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str, person_id: int) -> HttpResponseBase:
    """Show what a person did, how it compares, and where their answers are."""
    project, person = person_for(request.user, slug, person_id)
    by_reviewer = may(request.user, project, Action.REVIEW)
    sheet = Sheet(project, person, by_reviewer)
    by: By = "day" if request.GET.get("by") == "day" else "week"
    work, spans = work_reads.work_of(project, person), work_reads.spans_of(project, person, by)
    values = {
        "project": project,
        "person": person,
        "mine": person.pk == request.user.pk,
        "by_reviewer": by_reviewer,
        "by": by,
        "work": work,
        "figures": figures(sheet, work),
        "skips": [(each, sheet.answers(outcome="skipped", reason=each.reason)) for each in work.skips],
        "bars": [_bar(sheet, span) for span in reversed(spans)],
        "most": max((span.answers for span in spans), default=0),
        "time_chart": _time_chart(spans, by),
        "time_measure": {"title": "seconds"},
        "match_measure": {"title": "match"},
        "drift_measure": {"title": "evidence for a drop"},
        "questions": [_question(sheet, each) for each in person_reads.beside_others(project, person)],
    }
    return render(request, "quality/person/index.html", values)


def figures(sheet: Sheet, work: Work) -> list[Figure]:
    """Return the figures at the top of the page."""
    week = sheet.answers(outcome="submitted", since=work_reads.recent_since().isoformat())
    earlier = f"before: {_seconds(work.earlier_seconds)}" if work.earlier_seconds else "no time taken before"
    return [
        Figure("Answers", f"{work.answers:,}", href=sheet.answers(outcome="submitted") if work.answers else ""),
        Figure("Skipped", f"{work.skipped:,}", href=sheet.answers(outcome="skipped") if work.skipped else ""),
        Figure(
            "Time per answer, 7 days", _seconds(work.recent_seconds), basis=f"median; {earlier}",
            href=week if work.recent_seconds else "",
        ),
        _overruled(sheet, work),
        Figure(
            "Sent back", f"{work.returned:,}", basis=f"{work.waiting:,} still to be answered",
            href=sheet.answers(outcome="returned") if work.returned else "",
        ),
        Figure(
            "Corrected unasked", f"{work.corrected:,}", basis="changed after submitting",
            href=sheet.answers(outcome="corrected") if work.corrected else "",
        ),
    ]  # fmt: skip


def _overruled(sheet: Sheet, work: Work) -> Figure:
    if not work.reviewed:
        return Figure("Overruled", "—", basis="no reviewer has decided yet")
    told = share(work.overruled_share) if work.reviewed >= FEW_DECIDED else f"{work.overruled}"
    basis = f"95%: {between(work.overruled_interval)}, of {work.reviewed:,} that a reviewer decided"
    if work.reviewed < FEW_DECIDED:
        basis = f"of {work.reviewed} that a reviewer decided, too few for a share"
    return Figure(
        "Overruled", told, basis=basis, href=sheet.answers(outcome="changed" if work.overruled else "reviewed")
    )


def _seconds(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.1f} min"


def _bar(sheet: Sheet, span: Span) -> Bar:
    days = {"since": span.begins.isoformat(), "until": span.ends.isoformat()}
    return Bar(span, sheet.answers(**days) if span.answers or span.skipped else "")


def _time_chart(spans: list[Span], by: By) -> charts.Chart | None:
    """Return the median time with its quartiles, where there are two with answers."""
    points = []
    for number, span in enumerate(spans, start=1):
        if span.seconds is None or span.quarter is None or span.three_quarters is None:
            continue
        words = f"{'Week of ' if by == 'week' else ''}{span.begins:%d %B %Y}: {_seconds(span.seconds)}"
        points.append(
            charts.Point(x=float(number), y=span.seconds, low=span.quarter, high=span.three_quarters, words=words)
        )
    if len(points) < 2:
        return None
    return charts.line([points], write_x=lambda value: f"{value:.0f}", write_y=lambda value: f"{value:g}")


def _question(sheet: Sheet, beside: BesideOthers) -> Question:
    part, all_of_them = beside.part, beside.document.alpha.value
    chips = explorer_reads.named_labels(beside.question)
    change = None
    if part is not None and part.alpha_without is not None and all_of_them is not None:
        change = part.alpha_without - all_of_them
    told = [use for use in beside.uses if abs(use.said - use.others) >= LEAST_USE]
    differ = addresses.several(sheet.project, Several(beside.question.name, differ=True))
    return Question(
        beside=beside,
        uses=[_use(sheet, beside, chips, use) for use in told[:MOST_USES]],
        few=part is not None and part.tasks < FEW_TASKS,
        change=change,
        differ_href=f"{differ}&annotator={sheet.person.pk}" if sheet.by_reviewer else "",
        drift_chart=_drift_chart(beside.course),
        week_chart=_week_chart(beside.course),
        since_href=_since(sheet, beside.course),
    )


def _since(sheet: Sheet, course: CoursePart | None) -> str:
    """Return where the answers are since a drift began."""
    since = course.drift.since if course is not None and course.drift is not None else None
    return sheet.answers(outcome="submitted", since=since.isoformat()) if since else ""


def _drift_chart(course: CoursePart | None) -> charts.Chart | None:
    """Return the control chart, with its limit."""
    if course is None or course.drift is None:
        return None
    found = course.drift
    numbers = [min(found.first + found.step * (row + 1) - 1, course.compared) for row in range(len(found.chart))]
    points = [
        charts.Point(x=float(number), y=value, low=value, high=value, words=f"up to answer {number:,}: {value:.1f}")
        for number, value in zip(numbers, found.chart, strict=True)
    ]
    return charts.line(
        [points], write_x=lambda value: f"{value:,.0f}", write_y=lambda value: f"{value:g}", limit=DRIFT_THRESHOLD
    )


def _week_chart(course: CoursePart | None) -> charts.Chart | None:
    """Return the share of matching answers by week with its interval, where there are two weeks."""
    if course is None or len(course.weeks) < 2:
        return None
    points = []
    for number, week in enumerate(course.weeks, start=1):
        low, high = wilson(week.matched, week.compared)
        words = f"Week of {week.week:%d %B %Y}: {week.matched} of {week.compared}"
        points.append(charts.Point(x=float(number), y=week.matched / week.compared, low=low, high=high, words=words))
    return charts.line([points], write_x=lambda value: f"{value:.0f}", write_y=lambda value: f"{value:.0%}")


def _use(sheet: Sheet, beside: BesideOthers, chips: dict[str, Chip], use: UsePart) -> Use:
    """Return how a label is used: given more often, the tasks with it lead on; given less often, those of others."""
    more = use.said - use.others
    said = (Said(sheet.person.pk, use.label),) if more > 0 else (Said(sheet.person.pk), Said(ANYBODY, use.label))
    href = addresses.several(sheet.project, Several(beside.question.name, said=said)) if sheet.by_reviewer else ""
    return Use(chips.get(use.label, Chip(use.label)), use.said, use.others, more, href)


urlpatterns = [path("p/<slug:slug>/people/<int:person_id>/", page, name="project-person")]
