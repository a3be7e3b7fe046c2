"""Many flags on one screen, those alike side by side: select some, decide them at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap

from labeling.access import Action, bulk_act_for, project_for
from labeling.errors import DomainError, Invalid, NotFound
from labeling.models import FlagState
from labeling.models.acts import ReviewAct
from labeling.reasons.decisions import ABOUT_LABELS, Decision, decision_named
from labeling.reasons.registry import load_evidence, reason_named
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors import versions as version_reads
from labeling.services import reviews
from labeling.services.reviews import Ruling
from labeling.web.answers import MAX_BUTTONS as MOST_BUTTONS
from labeling.web.answers import from_form
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.reviews import frame, numbers, waiting_now
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.models import Flag, Project
    from labeling.reasons.decisions import Choice
    from labeling.selectors.explorer import Chip, TaskRow
    from labeling.selectors.reviews import Card, FlagFilter, Pair

TILES = 24
LONGEST_SEEN = 5_000
"""Characters that a flag has with the labels of all tasks that it is about."""
MOST_GROUPS = 6
"""Groups of flags that are alike which are looked for one after another."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A flag as a tile: what its task shows, and the labels that were on the screen."""

    card: Card
    row: TaskRow

    @property
    def seen(self) -> str:
        """The flag with the labels of record that are on the screen: `7:31,32`."""
        return f"{self.card.flag.pk}:{','.join(map(str, self.card.seen))}"

    @property
    def decided(self) -> str:
        """What was decided about it, in words; empty while it waits."""
        decision = decision_named(self.card.flag.resolution)
        return decision.label if decision and self.card.flag.state == FlagState.RESOLVED else ""

    @property
    def undo(self) -> str:
        """The act that decided it with its task, to take back that part alone: `5:7`."""
        return f"{self.card.flag.act_id}:{self.card.flag.task_id}"


@dataclass(slots=True)
class Group:
    """Flags with the same given and the same suggested label."""

    reason: str
    given: list[Chip]
    suggested: list[Chip]
    tiles: list[Tile] = field(default_factory=list)


@signed_in
@require_GET
def page(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the frame of the grid; its tiles are leased and fetched by it."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = review_reads.parse_flag_filter(project, request.GET.dict())
    values = {
        "lease_seconds": project.lease_seconds,
        "pairs": _pairs(project, wanted),
        **frame(project, wanted),
    }
    return render(request, "labeling/reviews/grid.html", values)


@signed_in
@require_POST
def tiles(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the next flags; or decide the selected ones or take an act back, and show in place what that changed."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = review_reads.parse_flag_filter(project, request.POST.dict())
    if {"decision", "undo"} & set(request.POST):
        return _changed_tiles(request, project, wanted)
    values = {
        "project": project,
        "groups": _groups(project, _claimed(request, project, wanted)),
        "wanted": wanted,
        "key": uuid4(),
        "choices": _choices(project, wanted),
        "relabels": _relabels(project, wanted),
    }
    return render(request, "labeling/reviews/tiles.html", values)


def _changed_tiles(request: SignedInRequest, project: Project, wanted: FlagFilter) -> HttpResponseBase:
    """Decide or take back, and answer with those tiles of the screen that are others now: all keep their places."""
    changed: list[int] = []
    try:
        changed = _take_back(request, project) if "undo" in request.POST else _decide(request, project)
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    shown = numbers(request.POST, "shown")
    values = {
        "tiles": _tiles(project, [flag for flag in shown if flag in set(changed)]),
        "key": uuid4(),
        "last_act": review_reads.last_act_about(request.user, shown),
        "pairs": _pairs(project, wanted),
        **waiting_now(project, wanted),
    }
    answer = render(request, "labeling/reviews/tiles_decided.html", values)
    return reswap(answer, "none")  # each part takes the place of the one on the page


def _choices(project: Project, wanted: FlagFilter) -> list[Choice]:
    """Return what can be decided: what the reason asked for offers, or what flags of any reason have in common."""
    offered = reason_named(wanted.reason).choices if wanted.reason else ABOUT_LABELS
    return [choice for choice in offered if not (project.decide_first and choice.decision is Decision.ACCEPT)]


def _relabels(project: Project, wanted: FlagFilter) -> list[tuple[str, Chip]]:
    """Return the labels that the selected flags can be given, as JSON and as chips, where one question is asked."""
    questions = version_reads.schema(project.pk).questions
    asked = [question for question in questions if wanted.question in {"", question.name}]
    if wanted.reason and not reason_named(wanted.reason).relabels:
        return []
    if len(asked) != 1 or len(asked[0].class_names) > MOST_BUTTONS:
        return []
    known = explorer_reads.named_labels(asked[0])
    answers = {name: json.dumps(from_form(asked[0], [name])) for name in asked[0].class_names}
    return [(answer, known.get(name, explorer_reads.Chip(name))) for name, answer in answers.items()]


def _take_back(request: SignedInRequest, project: Project) -> list[int]:
    """Take an act back, or what it did to one task (`<act>:<task>`), and return the flags that wait again."""
    act_id, _, task_id = request.POST["undo"].partition(":")
    act = bulk_act_for(request.user, project.slug, int(act_id) if act_id.isdecimal() else 0, Action.REVIEW)
    if act.verb != ReviewAct.VERB:
        raise NotFound
    reopened = reviews.undo(actor=request.user, act=act, task_id=int(task_id) if task_id.isdecimal() else None)
    notify(request, f"{len(reopened):,} flag{' waits' if len(reopened) == 1 else 's wait'} again.")
    return reopened


def _decide(request: SignedInRequest, project: Project) -> list[int]:
    """Do what the pressed button says (`<decision>` or `<decision>:<answer as JSON>`); return the flags it closed."""
    name, _, rest = request.POST["decision"].partition(":")
    decision = decision_named(name)
    if decision is None:
        raise Invalid("Choose what to decide about the selected flags.")
    chosen = _chosen(request.POST.getlist("flag"))
    done = reviews.decide(
        actor=request.user,
        project=project,
        flag_ids=list(chosen),
        ruling=Ruling(decision, answer=_answer(rest) if rest else None),
        key=request.POST.get("key", ""),
        seen=chosen,
    )
    words = f"{len(done.flag_ids):,} flag{'' if len(done.flag_ids) == 1 else 's'} {decision.done}."
    if done.left:
        words += f" {len(done.left):,} left alone: {next(iter(done.left.values()))}"
    back = request.htmx.current_url_abs_path or reverse("project-review-grid", args=(project.slug,))
    undo = reverse("project-act-undo", args=(project.slug, done.act.pk))
    notify(request, words, undo=f"{undo}?{urlencode({'back': back})}")
    return done.closed_flags


def _chosen(sent: list[str]) -> dict[int, list[int]]:
    """Return the flags that were selected, with the labels of record that were on the screen."""
    try:
        pairs = [raw[:LONGEST_SEEN].split(":") for raw in sent]
        return {int(flag): [int(label) for label in labels.split(",") if label] for flag, labels in pairs}
    except ValueError:
        raise Invalid("Select flags, then choose what to decide about them.") from None


def _answer(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Invalid("This label cannot be given. Reload the page.") from None


def _pairs(project: Project, wanted: FlagFilter) -> list[Pair]:
    """Return the pairs of labels that wait most often; none where reviewers decide first."""
    return [] if project.decide_first else review_reads.by_pair(project, wanted)


def _claimed(request: SignedInRequest, project: Project, wanted: FlagFilter) -> list[int]:
    """Lease a screen full of flags in the order of the page, each with those alike, so that one key decides many.

    In another order that was asked for they come as they are; so they do where the others would tell what is suggested.
    """
    found: list[int] = []
    if not (wanted.order or project.decide_first):
        for _ in range(MOST_GROUPS):
            first = _more(request, project, wanted, found, count=1)
            found += first
            if not first or len(found) == TILES:
                return found
            (flag,) = review_reads.flags_by_id(first)
            found += _more(request, project, _alike(flag, wanted), found)
    return found + _more(request, project, wanted, found)


def _alike(flag: Flag, wanted: FlagFilter) -> FlagFilter:
    """Return the filter of the flags that are like one: of the same reason and, where it has both, the same labels."""
    narrow = replace(wanted, reason=flag.reason, question=flag.question)
    evidence = load_evidence(flag.reason, flag.evidence)
    if isinstance(evidence.given, str) and isinstance(evidence.suggested, str):
        return replace(narrow, given=evidence.given, suggested=evidence.suggested)
    return narrow


def _more(
    request: SignedInRequest, project: Project, wanted: FlagFilter, found: list[int], *, count: int = TILES
) -> list[int]:
    count = min(count, TILES - len(found))
    return reviews.claim(actor=request.user, project=project, count=count, wanted=wanted, known=found)


def _groups(project: Project, flag_ids: list[int]) -> list[Group]:
    """Return the flags with those alike side by side, each group where its first one stands."""
    groups: dict[tuple[str, ...], Group] = {}
    for tile in _tiles(project, flag_ids):
        card = tile.card
        given = [chip for label in card.given for chip in label.chips]
        suggested = card.suggestion.chips if card.suggestion and card.suggestion.of_flag else []
        key = (card.flag.reason, card.flag.question, *(c.title for c in given), "", *(c.title for c in suggested))
        group = groups.setdefault(key, Group(card.reason.title, given, suggested))
        group.tiles.append(tile)
    return list(groups.values())


def _tiles(project: Project, flag_ids: list[int]) -> list[Tile]:
    cards = review_reads.cards(project, flag_ids)
    rows = {row.id: row for row in explorer_reads.rows(project, [card.flag.task_id for card in cards])}
    return [Tile(card, rows[card.flag.task_id]) for card in cards]


urlpatterns = [
    path("p/<slug:slug>/review/grid/", page, name="project-review-grid"),
    path("p/<slug:slug>/review/grid/tiles/", tiles, name="project-review-tiles"),
]
