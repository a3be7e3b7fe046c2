"""The review page: one flag at a time with all its evidence, decided by one key; and the last decisions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, flag_for, project_for
from labeling.errors import NotFound
from labeling.models import BulkAct
from labeling.models.acts import ReviewAct
from labeling.reasons.decisions import Decision
from labeling.selectors import activity as activity_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors import versions as version_reads
from labeling.services import reviews
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.review_choices import NONE, ONE, AskedQuestion, Button, decisions, questions_to_ask
from labeling.web.task_page import Shown, shown_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.kinds.schema import Schema
    from labeling.models import Project
    from labeling.selectors.reviews import Card, FlagFilter

AHEAD = 4
"""Cards asked for at once."""

LIKE_IT = "Most like it, with their labels"
MOST_NAMES = 200
"""Labels offered in a filter; of more, the name is typed."""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """A card with its item and its buttons."""

    card: Card
    fields: list[Shown]
    buttons: list[Button]
    asked: list[AskedQuestion]

    @property
    def seen(self) -> str:
        """The labels of record that are on the screen, as JSON."""
        return json.dumps(self.card.seen)

    @property
    def is_form(self) -> bool:
        """Whether another label is given by a form: several questions, several labels, or free text."""
        return len(self.asked) > 1 or any(part.mode != ONE for part in self.asked)

    @property
    def can_relabel(self) -> bool:
        """Whether another answer to any question can be given on a card."""
        return any(part.mode != NONE for part in self.asked)


@dataclass(frozen=True, slots=True)
class LastDecision:
    """One of the reviewer's last decisions."""

    act: BulkAct
    words: str
    tasks: list[tuple[int, str]]
    more: int


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the flags that wait, one at a time."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = review_reads.parse_flag_filter(project, request.GET.dict())
    values = {"lease_seconds": project.lease_seconds, "ahead": AHEAD, **frame(project, wanted)}
    return render(request, "labeling/reviews/index.html", values)


def frame(project: Project, wanted: FlagFilter) -> dict[str, Any]:
    """Return what both forms of the page show around the flags: filters and counts."""
    schema = version_reads.schema(project.pk)
    return {
        "project": project,
        "query": urlencode(wanted.params()),
        **counted(project, wanted),
        "scores": review_reads.SCORES,
        "orders": review_reads.ORDERS,
        "order": review_reads.ORDERS[wanted.order],
        "people": activity_reads.people_of(project),
        "questions": [(question.name, question.title) for question in schema.questions],
        "names": _names(schema, wanted),
        "conditions": list(_conditions(project, wanted, schema)),
    }


def counted(project: Project, wanted: FlagFilter) -> dict[str, Any]:
    """Return what waits: by reason, and in all of what is asked for."""
    reasons = review_reads.by_reason(project, wanted)
    waits = sum(count for reason, _, count in reasons if wanted.reason in {"", reason})
    return {"wanted": wanted, "reasons": reasons, "waits": waits}


def _names(schema: Schema, wanted: FlagFilter) -> list[str]:
    """Return the labels of the questions looked at, for the lists to choose from."""
    asked_about = [question for question in schema.questions if wanted.question in {"", question.name}]
    names = dict.fromkeys(name for question in asked_about for name in question.class_names)
    return list(names)[:MOST_NAMES]


def _conditions(project: Project, wanted: FlagFilter, schema: Schema) -> Iterator[tuple[str, str]]:
    """Say each condition in words, with the parameters that are left without it."""
    for name, value in wanted.params():
        words = value
        match name:
            case "reason":
                continue  # the tabs say it
            case "order":
                words = review_reads.ORDERS[value].words.lower()
            case "question":
                known = schema.question(value)
                words = f"question: {known.title if known else value}"
            case "given" | "suggested":
                words = f"{name}: {value}"
            case "annotator":
                people = {str(person.pk): str(person) for person in activity_reads.people_of(project)}
                words = f"annotated by {people.get(value, 'a former member')}"
            case "below":
                words = f"score up to {value}"
            case "task":
                words = f"task {value}"
        yield words, urlencode(wanted.without(name).params())


@signed_in
@require_POST
def cards(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Lease the next flags and show their cards; or show one card anew, as things stand now."""
    project = project_for(request.user, slug, Action.REVIEW)
    if again := numbers(request.POST, "again"):
        found = again[:1]
    else:
        wanted = review_reads.parse_flag_filter(project, request.POST.dict())
        known = numbers(request.POST, "known")
        found = reviews.claim(actor=request.user, project=project, count=AHEAD, wanted=wanted, known=known)
    schema = version_reads.schema(project.pk)
    shown = [
        OnScreen(
            card=card,
            fields=shown_fields(project, schema, card.flag.task),
            buttons=decisions(card),
            asked=questions_to_ask(card, schema),
        )
        for card in review_reads.cards(project, found)
    ]
    return render(request, "labeling/reviews/cards.html", {"project": project, "shown": shown})


@signed_in
@require_GET
def counts(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show what waits now, in the places where the page says so."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = review_reads.parse_flag_filter(project, request.GET.dict())
    return render(request, "labeling/reviews/counts.html", waiting_now(project, wanted))


def waiting_now(project: Project, wanted: FlagFilter) -> dict[str, Any]:
    """Return what a page that is open already shows anew after a decision."""
    open_flags = queue_reads.open_flags([project.pk])[project.pk]
    return {"project": project, "rail_flags": queue_reads.capped(open_flags), **counted(project, wanted)}


def numbers(sent: QueryDict, name: str) -> list[int]:
    """Return the numbers of a name in a form; what is none is left out."""
    return [int(raw) for raw in sent.getlist(name)[:500] if raw.isascii() and raw.isdigit() and len(raw) < 19]


@signed_in
@require_GET
def near(request: SignedInRequest, slug: str, flag_id: int) -> HttpResponseBase:
    """Show the labeled items most like that of a flag, which came without."""
    flag = flag_for(request.user, flag_id, Action.REVIEW)
    if flag.project.slug != slug:
        raise NotFound
    values = {"title": LIKE_IT, "near": review_reads.labeled_neighbors(flag.project, flag.task_id, flag.question)}
    return render(request, "labeling/reviews/neighbors.html", values)


@signed_in
@require_GET
def last(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the person's last ten decisions, each with its way back."""
    project = project_for(request.user, slug, Action.REVIEW)
    acts = review_reads.last_acts(project, request.user)
    names = review_reads.names(acts)
    found = [_last(act, names) for act in acts]
    back = request.htmx.current_url_abs_path or reverse("project-review", args=(slug,))
    return render(request, "labeling/reviews/last.html", {"project": project, "last": found, "back": back})


def _last(act: BulkAct, names: dict[int, str]) -> LastDecision:
    tasks = {flag.task_id: flag.task.external_id or f"task {flag.task_id}" for flag in act.flags.all()}
    done = ReviewAct.from_columns(act)
    named = list(tasks.items()) or [(pk, names.get(pk, f"task {pk}")) for pk in done.task_ids]
    words = Decision(done.decision).label
    return LastDecision(
        act=act, words=words, tasks=named[: review_reads.NAMED], more=max(0, len(named) - review_reads.NAMED)
    )


urlpatterns = [
    path("p/<slug:slug>/review/", page, name="project-review"),
    path("p/<slug:slug>/review/cards/", cards, name="project-review-cards"),
    path("p/<slug:slug>/review/counts/", counts, name="project-review-counts"),
    path("p/<slug:slug>/review/near/<int:flag_id>/", near, name="project-review-near"),
    path("p/<slug:slug>/review/last/", last, name="project-review-last"),
]
