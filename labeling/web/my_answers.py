"""All answers of one person in a project: one's own, and for reviewers anybody's."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from labeling.access import Action, may, person_for, project_for
from labeling.models import SkipReason
from labeling.selectors import my_answers as my_answer_reads
from labeling.selectors.my_answers import AnswerFilter
from labeling.web.requests import SignedInRequest, signed_in

if TYPE_CHECKING:
    from labeling.models import Project, User


@signed_in
@require_GET
def my_answers(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List the person's own answers, with what became of them."""
    return _listed(request, project_for(request.user, slug, Action.ANNOTATE), request.user)


@signed_in
@require_GET
def answers_of_person(request: SignedInRequest, slug: str, person_id: int) -> HttpResponseBase:
    """List the answers of somebody, with what became of them."""
    return _listed(request, *person_for(request.user, slug, person_id))


def _listed(request: SignedInRequest, project: Project, person: User) -> HttpResponseBase:
    wanted, sort = _wanted(request), request.GET.get("sort", "")
    cursor = request.GET.get("cursor", "")
    rows, next_cursor = my_answer_reads.my_answers(project, person, wanted, sort=sort, cursor=cursor)
    values = {
        "project": project,
        "person": person,
        "mine": person.pk == request.user.pk,
        "can_annotate": may(request.user, project, Action.ANNOTATE),
        "rows": rows,
        "next_cursor": next_cursor,
        "wanted": wanted,
        "is_filtered": wanted != AnswerFilter(),
        "reason": dict(SkipReason.choices).get(wanted.reason, ""),
        "sort": sort,
        "outcomes": my_answer_reads.OUTCOMES.items(),
        "further": my_answer_reads.FURTHER.items(),
    }
    return render(request, "labeling/inbox/my_answers.html", values)


def _wanted(request: SignedInRequest) -> AnswerFilter:
    q, outcome, reason = (
        request.GET.get(name, "").replace("\x00", "").strip()[: my_answer_reads.MAX_SEARCH]
        for name in ("q", "outcome", "reason")
    )
    since, until = (_day(request.GET.get(name, "")) for name in ("since", "until"))
    return AnswerFilter(q=q, outcome=outcome, reason=reason, since=since, until=until)


def _day(raw: str) -> date | None:
    """Return the day that was named, None for what is no day, or one no calendar here goes up to."""
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return None
    return day if date(1970, 1, 1) <= day < date(9999, 1, 1) else None


urlpatterns = [
    path("p/<slug:slug>/my-answers/", my_answers, name="project-my-answers"),
    path("p/<slug:slug>/people/<int:person_id>/answers/", answers_of_person, name="project-person-answers"),
]
