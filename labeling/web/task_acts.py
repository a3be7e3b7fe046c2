"""Acts on tasks that are chosen on a page: which tasks, the act, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from labeling.errors import Conflict, DomainError, Invalid
from labeling.models import BulkAct, Project
from labeling.models.acts import (
    AdjudicateAct,
    AskAct,
    DeleteAct,
    GoldAct,
    LabelAct,
    MetaAct,
    PlainAct,
    QuarantineAct,
    RestoreAct,
    ReviewAct,
    SettleAct,
    SplitAct,
    Whom,
    load_act,
)
from labeling.models.bulk_acts import BulkWish
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import versions as version_reads
from labeling.services import bulk_acts
from labeling.services.task_acts import MAX_BULK
from labeling.web.requests import SignedInRequest
from labeling.web.task_query import ExplorerRequest
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema


def page_behind(request: SignedInRequest, slug: str) -> str:
    """Return the page a form came from: the explorer, or a task's own page; only ever a page of this project."""
    query = request.POST.get("back", "").lstrip("?")[:4000]
    task = request.POST.get("page", "")
    here = (
        reverse("project-task", args=(slug, int(task)))
        if task.isascii() and task.isdigit() and len(task) < 19
        else reverse("project-tasks", args=(slug,))
    )
    return f"{here}?{query}" if query else here


def chosen_tasks(request: SignedInRequest, project: Project) -> list[int]:
    """Return the tasks that are ticked, or all that fit the filter if those are meant."""
    if request.POST.get("scope") == "matching":
        asked = ExplorerRequest.from_query(QueryDict(request.POST.get("back", "").lstrip("?")), reviewer=True)
        return explorer_reads.first_ids(explorer_reads.matches(project, asked.wanted), sort=asked.sort, most=MAX_BULK)
    return ticked_tasks(request)


def ticked_tasks(request: SignedInRequest) -> list[int]:
    """Return the tasks that are ticked."""
    return [int(pk) for pk in request.POST.getlist("task") if pk.isascii() and pk.isdigit() and len(pk) < 19]


def refuse(request: SignedInRequest, error: DomainError, *, back: str) -> HttpResponseBase:
    """Say why nothing was changed, on the page that it was asked on."""
    notify(request, error.message, level=messages.ERROR)
    return redirect(back)


def carry_out_and_tell(
    request: SignedInRequest, project: Project, wish: BulkWish, ids: list[int], *, back: str
) -> HttpResponseBase:
    """Change tasks, many by a job, and say what was done, with a way back."""
    try:
        if len(ids) > bulk_acts.AT_ONCE:
            query = back.partition("?")[2]
            job = bulk_acts.start(actor=request.user, project=project, wish=wish, task_ids=ids, query=query)
            return redirect("job", job.pk)
        act = bulk_acts.carry_out(actor=request.user, project=project, wish=wish, task_ids=ids)
    except (Invalid, Conflict) as error:
        return refuse(request, error, back=back)
    if act.count:
        undo = reverse("project-act-undo", args=(project.slug, act.pk))
        notify(request, _told(act, version_reads.schema(project.pk)), undo=f"{undo}?{urlencode({'back': back})}")
    else:
        notify(request, "Nothing had to change: the selected tasks were so already.", level=messages.INFO)
    return redirect(back)


_TOLD = {
    GoldAct.VERB: "made gold: people are given them at random, and nobody more is asked",
    PlainAct.VERB: "gold no more",
    MetaAct.VERB: "with other metadata",
    QuarantineAct.VERB: "quarantined: out of queue, training and export",
    RestoreAct.VERB: "restored from quarantine",
    SettleAct.VERB: "settled with the answers there are; nobody more is asked",
    ReviewAct.VERB: "reviewed",
    AdjudicateAct.VERB: "adjudicated",
}
"""What acts did that need no more than their verb to be told."""


def _told(act: BulkAct, schema: Schema) -> str:
    """Say what an act did."""
    many = f"{act.count:,} task{'' if act.count == 1 else 's'}"
    match load_act(act):
        case SplitAct(split=split):
            return f"{many} moved to the {split} split." if split else f"{many} taken out of their split."
        case DeleteAct(due_at=due_at):
            gone = f"{due_at:%b %-d at %H:%M} UTC"
            return f"{many} deleted: out of queue, training and export now, gone for good on {gone} unless restored."
        case LabelAct(question=question, value=value):
            chips = explorer_reads.chips_of(schema.question(question), value)
            return f"{many} labeled “{', '.join(chip.title for chip in chips)}”."
        case AskAct(whom=Whom.SAME):
            return f"{many} back in the queue, for those who answered to look again. The labels stand until they have."
        case AskAct():
            return f"One more person is asked about {many}. The labels stand until then."
        case other:
            return f"{many} {_TOLD[other.VERB]}."
