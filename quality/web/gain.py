"""The gain: a panel of the overview and of the quality page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for
from labeling.models import Split
from labeling.reasons.label_error import LABEL_ERROR
from labeling.selectors import versions as version_reads
from labeling.web.requests import SignedInRequest, signed_in
from quality.models.documents import Summary
from quality.selectors import corrections as correction_reads
from quality.selectors import flag_counts as flag_count_reads
from quality.selectors import gains as gain_reads
from quality.selectors import runs as run_reads
from quality.web import addresses, charts

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.selectors.gains import Story
    from quality.selectors.runs import GainPoint

AXES = {"corrections": "labels corrected by reviewers", "labels": "labels learned from", "runs": "checks, in order"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the three measures, drawn."""

    name: str
    title: str
    better: str
    value: str
    interval: str
    chart: charts.Chart | None


@signed_in
@require_GET
def panel(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the gain of a question, for the page that asks for it."""
    project = project_for(request.user, slug, Action.REVIEW)
    asked = request.GET.get("question", "")[:64]
    questions = [question for question in version_reads.schema(project.pk).questions if question.track]
    chosen = next((question for question in questions if question.name == asked), questions[0] if questions else None)
    values = {
        "project": project,
        "question": chosen,
        "questions": questions,
        **gain_values(
            project,
            chosen,
            axis=request.GET.get("x", ""),
        ),
    }
    return render(request, "quality/gain.html", values)


def gain_values(project: Project, question: Question | None, *, axis: str) -> dict[str, Any]:
    """Return what the panel shows of a question."""
    if question is None:
        return {"story": None, "why": ""}
    newest = run_reads.newest(project, question.name)
    story = gain_reads.gain_story(project, question.name)
    why = Summary.load(newest.summary).unavailable.get("gain", "") if newest else ""
    if story is None:
        return {"story": None, "newest": newest, "why": why}
    to_review = flag_count_reads.open_in_test_split(project, question.name)
    test = str(Split.TEST)
    shown = axis if axis in AXES else _telling_axis(story)
    return {
        "story": story,
        "newest": newest,
        "why": why,
        "measures": _measures(story, shown),
        "axis": shown,
        "axis_title": AXES[shown],
        "axes": AXES,
        "since": correction_reads.since(project, question.name, after_label=newest.last_label if newest else 0),
        "to_review": to_review,
        "test_labels": gain_reads.describe_test_labels(story.last, flagged=to_review),
        "least": gain_reads.LEAST_PAIRS,
        "review_test": addresses.flags(project, question=question.name, reason=LABEL_ERROR.name, split=test),
        "imported_test": addresses.imported(project, split=test),
    }


def _telling_axis(story: Story) -> str:
    """Return what there is most movement along."""
    for name in ("corrections", "labels"):
        if len({getattr(point.gain, name) for point in story.points}) > 1:
            return name
    return "runs"


def _measures(story: Story, axis: str) -> list[Measure]:
    return [
        _measure(story, axis, "log_loss", "Log-loss", "lower is better", lambda value: f"{value:.2f}"),
        _measure(story, axis, "accuracy", "Accuracy", "higher is better", lambda value: f"{100 * value:.0f}%"),
        _measure(story, axis, "macro_f1", "Macro-F1", "higher is better", lambda value: f"{value:.2f}"),
    ]


def _measure(story: Story, axis: str, name: str, title: str, better: str, write: Callable[[float], str]) -> Measure:
    last = story.last
    fine = "{:.3f}" if name != "accuracy" else "{:.1%}"
    return Measure(
        name=name,
        title=title,
        better=better,
        value=fine.format(getattr(last, name)),
        interval=f"{fine.format(getattr(last, f'{name}_low'))} to {fine.format(getattr(last, f'{name}_high'))}",
        chart=charts.line(
            [[_point(point, number, axis, name, fine) for number, point in stretch] for stretch in _numbered(story)],
            write_x=lambda value: f"{value:,.0f}",
            write_y=write,
        )
        if len(story.points) > 1
        else None,
    )


def _numbered(story: Story) -> list[list[tuple[int, GainPoint]]]:
    number = 0
    stretches = []
    for stretch in story.stretches:
        stretches.append([(number + place + 1, point) for place, point in enumerate(stretch)])
        number += len(stretch)
    return stretches


def _point(point: GainPoint, number: int, axis: str, name: str, fine: str) -> charts.Point:
    gain = point.gain
    place = float(number if axis == "runs" else getattr(gain, axis))
    value = fine.format(getattr(gain, name))
    return charts.Point(
        x=place,
        y=getattr(gain, name),
        low=getattr(gain, f"{name}_low"),
        high=getattr(gain, f"{name}_high"),
        words=f"Run {point.run.pk}: {value}, {gain.labels:,} labels, {gain.corrections:,} corrections",
    )


urlpatterns = [path("p/<slug:slug>/quality/gain/", panel, name="project-gain")]
