"""The page of gold tasks: what is known of each, how it was answered, and which may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from labeling.access import Action, may, project_for
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import gold as gold_reads
from labeling.selectors import versions as version_reads
from labeling.web.requests import SignedInRequest, page_number, signed_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.kinds.schema import Schema
    from labeling.selectors.explorer import Chip
    from labeling.selectors.gold import GoldTask

PAGE = 50


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A gold task as the page shows it: the gold answer, and the wrong ones with how many gave each."""

    found: GoldTask
    chips: list[Chip]
    wrong: list[tuple[list[Chip], int]]

    def fits(self, words: str) -> bool:
        """Whether the task has this number, or a gold label this word."""
        return words == str(self.found.task) or any(words in chip.title.lower() for chip in self.chips)


def _chips(schema: Schema, answers: Mapping[str, object]) -> list[Chip]:
    return [chip for name, value in answers.items() for chip in explorer_reads.chips_of(schema.question(name), value)]


def _row(schema: Schema, found: GoldTask) -> GoldRow:
    wrong = [(_chips(schema, answers), people) for answers, people in found.wrong]
    return GoldRow(found, _chips(schema, found.answers), wrong)


@signed_in
@require_GET
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List gold tasks: those that most people fail first, or by their numbers."""
    project = project_for(request.user, slug, Action.REVIEW)
    q, sort = request.GET.get("q", "").strip().lower()[:100], request.GET.get("sort", "")
    schema = version_reads.schema(project.pk)
    rows = [_row(schema, found) for found in gold_reads.gold_tasks(project)]
    total = len(rows)
    rows = [row for row in rows if not q or row.fits(q)]
    if sort in {"task", "-task"}:
        rows.sort(key=lambda row: row.found.task, reverse=sort == "-task")
    first = page_number(request.GET.get("cursor"))
    values = {
        "project": project,
        "rows": rows[first : first + PAGE],
        "next_cursor": str(first + PAGE) if len(rows) > first + PAGE else "",
        "found": len(rows),
        "total": total,
        "q": q,
        "can_manage": may(request.user, project, Action.MANAGE),
        "default_sort": "",
    }
    return render(request, "labeling/tasks/gold.html", values)


urlpatterns = [path("p/<slug:slug>/gold/", index, name="project-gold")]
