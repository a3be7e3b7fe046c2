"""A task's own page: the item, its labels, where it stands, and everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, comment_for, flag_for, may, project_for, task_for
from labeling.errors import DomainError, NotFound
from labeling.models import Lease, QueueEntry, Split, Task, TaskState
from labeling.reasons.decisions import Decision
from labeling.selectors import annotations as annotation_reads
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import gold as gold_reads
from labeling.selectors import reviews as review_reads
from labeling.selectors import similarity as similarity_reads
from labeling.selectors import task_history as task_history_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import claims, flags, reviews
from labeling.services.reviews import Ruling
from labeling.web.answers import offered
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.task_query import ExplorerRequest
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project

MOST_TEXT = 100_000
"""Characters of a text that the page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of the task, to be shown large."""

    title: str
    text: str = ""
    cut: bool = False
    screen: str = ""
    original: str = ""
    width: int = 0
    height: int = 0
    name: str = ""


@signed_in
@require_GET
def detail(request: SignedInRequest, slug: str, task_id: int) -> HttpResponseBase:
    """Show a task."""
    project = project_for(request.user, slug, Action.VIEW)
    task = task_for(request.user, task_id, Action.VIEW)
    if task.project_id != project.pk:
        raise NotFound
    reviewer = may(request.user, project, Action.REVIEW)
    asked = ExplorerRequest.from_query(request.GET, reviewer=reviewer)
    hidden = () if reviewer else gold_reads.waiting_for(project, request.user)
    found = explorer_reads.matches(project, replace(asked.wanted, hidden=hidden))
    previous, following = explorer_reads.beside(found, sort=asked.sort, task_id=task.pk)
    schema = version_reads.schema(project.pk)
    values = {
        "project": project,
        "task": task,
        "asked": asked,
        "previous": previous,
        "following": following,
        "has_similar": similarity_reads.known(project, task.pk),
        "can_review": reviewer,
        "can_manage": may(request.user, project, Action.MANAGE),
        "can_annotate": project.archived_at is None and may(request.user, project, Action.ANNOTATE),
        "fields": shown_fields(project, schema, task),
        **_told(request, task, schema, reviewer=reviewer),
        **(_told_of_gold(request, task, schema) if task.pk in hidden else {}),
    }
    return render(request, "labeling/tasks/detail.html", values)


def shown_fields(project: Project, schema: Schema, task: Task) -> list[Shown]:
    """Return what a task holds, to be shown large."""
    return [_shown(project, field.name, field.title, task.data.get(field.name)) for field in schema.fields]


def _shown(project: Project, name: str, title: str, value: Any) -> Shown:
    if isinstance(value, dict) and "sha256" in value:
        return Shown(
            title=title,
            screen=explorer_reads.media_address(project, value["sha256"], "screen"),
            original=explorer_reads.media_address(project, value["sha256"], "original"),
            width=value.get("width", 0),
            height=value.get("height", 0),
            name=value.get("name", ""),
        )
    text = value if isinstance(value, str) else ""
    return Shown(title=title, text=text[:MOST_TEXT], cut=len(text) > MOST_TEXT)


def _told(request: SignedInRequest, task: Task, schema: Schema, *, reviewer: bool) -> dict[str, Any]:
    (row,) = explorer_reads.rows(task.project, [task.pk])
    entry = task.queue_entry
    leases = task_history_reads.leases_of_task(task)
    return {
        "row": row,
        "answers": [(question.title, given) for question, given in zip(schema.questions, row.given, strict=True)],
        "standing": task_history_reads.standing(entry, state=row.state, leases=leases, reviewer=reviewer),
        "history": task_history_reads.history(task, schema=schema, reader=request.user, reviewer=reviewer),
        "mine": annotation_reads.has_answered(request.user, task),
        "open_to_me": entry.state != TaskState.QUARANTINED
        and (entry.open_slots > 0 or any(_free_for(request, lease) for lease in leases)),
        "offered": offered(schema) if reviewer else [],
        "questions": [(question.name, question.title) for question in schema.questions],
        "splits": [(value, words) for value, words in Split.choices if value],
    }


def _told_of_gold(request: SignedInRequest, task: Task, schema: Schema) -> dict[str, Any]:
    """Return what the page tells the person whom the task was given as gold: what it tells of any that they hold."""
    project = task.project
    (row,) = explorer_reads.rows(project, [task.pk])
    entry = QueueEntry(task=task, required=project.overlap, open_slots=project.overlap - 1, state=TaskState.TODO)
    held = [Lease(task=task, user=request.user)]
    history = task_history_reads.own_history(task, schema=schema, reader=request.user)
    return {
        "row": replace(row, state=TaskState.TODO),
        "answers": [
            (question.title, explorer_reads.GivenAnswer(question.name, [], "")) for question in schema.questions
        ],
        "standing": task_history_reads.standing(entry, state=TaskState.TODO, leases=held, reviewer=False),
        "history": history,
        "open_to_me": True,
    }


def _free_for(request: SignedInRequest, lease: Lease) -> bool:
    """Whether a claim keeps the person from answering: not their own, nor one that has run out."""
    return lease.user_id == request.user.pk or lease.expires_at < timezone.now()


def _page(request: SignedInRequest, task: Task) -> str:
    """Return the task's page, in the list it was opened from."""
    query = request.POST.get("back", "").lstrip("?")[:4000]
    here = reverse("project-task", args=(task.project.slug, task.pk))
    return f"{here}?{query}" if query else here


@signed_in
@require_POST
def comment(request: SignedInRequest, task_id: int) -> HttpResponseBase:
    """Add a comment."""
    task = task_for(request.user, task_id, Action.ANNOTATE)
    try:
        saving.comment(actor=request.user, task=task, body=request.POST.get("body", ""))
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
    return redirect(_page(request, task) + "#history")


@signed_in
@require_POST
def resolve_comment(request: SignedInRequest, comment_id: int) -> HttpResponseBase:
    """Resolve a comment, or open it again."""
    said = comment_for(request.user, comment_id, Action.ANNOTATE)
    if request.POST.get("resolved") == "1":
        saving.resolve_comment(actor=request.user, comment=said)
    else:
        saving.reopen_comment(actor=request.user, comment=said)
    return redirect(_page(request, said.task) + "#history")


@signed_in
@require_POST
def flag(request: SignedInRequest, task_id: int) -> HttpResponseBase:
    """Flag the task, so that a reviewer looks at it."""
    task = task_for(request.user, task_id, Action.ANNOTATE)
    try:
        flags.raise_flag(
            actor=request.user,
            task=task,
            note=request.POST.get("note", ""),
            question=request.POST.get("question", ""),
        )
        notify(request, "Flagged. A reviewer will look at it.")
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
    return redirect(_page(request, task))


@signed_in
@require_POST
def resolve(request: SignedInRequest, flag_id: int) -> HttpResponseBase:
    """Close a flag and leave the label as it is."""
    raised = flag_for(request.user, flag_id, Action.REVIEW)
    try:
        done = reviews.decide(
            actor=request.user,
            project=raised.project,
            flag_ids=[raised.pk],
            ruling=Ruling(Decision.KEEP, note=request.POST.get("note", "")),
            seen={raised.pk: review_reads.seen_labels(raised)},
        )
        undo = reverse("project-act-undo", args=(raised.project.slug, done.act.pk))
        back = urlencode({"back": _page(request, raised.task)})
        notify(request, "The flag is closed; the label stays as it is.", undo=f"{undo}?{back}")
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect(_page(request, task_for(request.user, raised.task_id, Action.REVIEW)))


@signed_in
@require_POST
def label(request: SignedInRequest, task_id: int) -> HttpResponseBase:
    """Claim this very task, and open it to be labeled."""
    task = task_for(request.user, task_id, Action.ANNOTATE)
    try:
        claims.claim_task(actor=request.user, task=task)
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
        return redirect(_page(request, task))
    return redirect(f"{reverse('project-label', args=(task.project.slug,))}?task={task.pk}")


urlpatterns = [
    path("p/<slug:slug>/tasks/<int:task_id>/", detail, name="project-task"),
    path("tasks/<int:task_id>/comments/", comment, name="task-comment"),
    path("comments/<int:comment_id>/resolve/", resolve_comment, name="comment-resolve"),
    path("tasks/<int:task_id>/label/", label, name="task-label"),
    path("tasks/<int:task_id>/flags/", flag, name="task-flag"),
    path("flags/<int:flag_id>/resolve/", resolve, name="flag-resolve"),
]
