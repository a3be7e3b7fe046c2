"""Adjudication: tasks that several people answered, one at a time, decided by one key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from labeling.access import Action, project_for, task_for
from labeling.errors import DomainError, Invalid, NotFound
from labeling.models import Verdict
from labeling.selectors import activity as activity_reads
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import versions as version_reads
from labeling.services import adjudicating
from labeling.services.adjudicating import AdjudicatorRuling
from labeling.web.answers import from_form, offered
from labeling.web.requests import SignedInRequest, page_number, signed_in
from labeling.web.task_page import shown_fields
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project, Task
    from labeling.selectors.adjudications import AdjudicationFilter

PAGE = 25
MOST_NAMES = 200
MOST_RAW = 100_000


@signed_in
@require_GET
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List what is to be adjudicated, or was; and how its adjudicators decided."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = adjudication_reads.parse_adjudication_filter(project, request.GET.dict())
    after = page_number(request.GET.get("cursor"))
    found: Any
    if wanted.decided:
        found = adjudication_reads.decided_tasks(project, wanted)
        found = found.filter(pk__lt=after) if after else found
        found = found.select_related("decided_by", "label")
    else:
        found = adjudication_reads.following(project, wanted, task_id=after)
    rows = list(found.select_related("task").defer("task__data", "task__meta")[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    values = {
        **_frame(project, wanted),
        "rows": rows[:PAGE],
        "next_cursor": (last.pk if wanted.decided else last.task_id) if last else "",
        "undecided": adjudication_reads.undecided_tasks(project, wanted).count(),
        "decided": adjudication_reads.decided_tasks(project, wanted).count(),
        "sides": adjudication_reads.sides_taken(project, wanted.question),
        "last": adjudication_reads.last_decision(project, request.user),
    }
    return render(request, "labeling/adjudications/index.html", values)


def _frame(project: Project, wanted: AdjudicationFilter) -> dict[str, Any]:
    """Return what both pages show around the tasks."""
    schema = version_reads.schema(project.pk)
    question = adjudication_reads.question_of(project, wanted)
    return {
        "project": project,
        "wanted": wanted,
        "query": urlencode(wanted.params()),
        "question": question,
        "questions": [(each.name, each.title) for each in schema.questions],
        "names": question.class_names[:MOST_NAMES],
        "people": activity_reads.people_of(project),
    }


@signed_in
@require_GET
def next_task(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Go to the next task that nobody else looks at; or to the one before."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = adjudication_reads.parse_adjudication_filter(project, request.GET.dict())
    backward = request.GET.get("back") == "1"
    after = page_number(request.GET.get("after"))
    found = adjudicating.hold_next(actor=request.user, project=project, wanted=wanted, after=after, backward=backward)
    if found is not None:
        return redirect(_address(project, found, wanted))
    if backward and after:
        return redirect(_address(project, after, wanted))
    if after:
        notify(request, "No more of these wait after that one. What you passed by is still in the list.")
    return redirect(f"{reverse('project-adjudicate', args=(slug,))}?{urlencode(wanted.params())}")


def _address(project: Project, task_id: int, wanted: AdjudicationFilter) -> str:
    here = reverse("project-adjudicate-task", args=(project.slug, task_id))
    return f"{here}?{urlencode(wanted.params())}"


@signed_in
@require_GET
def task(request: SignedInRequest, slug: str, task_id: int) -> HttpResponseBase:
    """Show the answers to a task side by side, and hold it while nobody else does."""
    project, task, wanted = _asked(request, slug, task_id)
    question = adjudication_reads.question_of(project, wanted)
    schema = version_reads.schema(project.pk)
    card = adjudication_reads.card_for_adjudication(project, task, question, schema)
    held = card.decision is None and adjudicating.hold(actor=request.user, project=project, task_id=task.pk)
    values = {
        **_frame(project, wanted),
        "card": card,
        "held": held,
        "key": uuid4(),
        "fields": shown_fields(project, schema, task),
        "offered": next((each for each in offered(schema) if each.name == question.name), None),
        "takes_nothing": _takes_nothing(question, task),
        "takes_several": question.form == "many",
        "undecided": adjudication_reads.undecided_tasks(project, wanted).count(),
        "last": adjudication_reads.last_decision(project, request.user) if card.decision is None else None,
    }
    return render(request, "labeling/adjudications/task.html", values)


def _asked(request: SignedInRequest, slug: str, task_id: int) -> tuple[Project, Task, AdjudicationFilter]:
    project = project_for(request.user, slug, Action.REVIEW)
    task = task_for(request.user, task_id, Action.REVIEW)
    if task.project_id != project.pk:
        raise NotFound
    return project, task, adjudication_reads.parse_adjudication_filter(project, request.GET.dict())


def _takes_nothing(question: Question, task: Task) -> bool:
    """Whether no label at all is an answer to the question."""
    if question.form != "many":
        return False
    try:
        question.parse([], task.data.get(question.field))
    except Invalid:
        return False
    return True


@signed_in
@require_POST
def decide(request: SignedInRequest, slug: str, task_id: int) -> HttpResponseBase:
    """Take what was decided, and go on to the next task."""
    project, task, wanted = _asked(request, slug, task_id)
    question = adjudication_reads.question_of(project, wanted)
    try:
        adjudicating.adjudicate(
            actor=request.user,
            project=project,
            task_id=task.pk,
            question=question.name,
            ruling=_ruling(request, question),
            key=request.POST.get("key", ""),
            seen=request.POST.get("seen", ""),
        )
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
        return redirect(_address(project, task.pk, wanted))
    query = urlencode([*wanted.params(), ("after", str(task.pk))])
    return redirect(f"{reverse('project-adjudicate-next', args=(slug,))}?{query}")


def _ruling(request: SignedInRequest, question: Question) -> AdjudicatorRuling:
    """Return what the pressed button says: a verdict, `label:` with the answer as JSON, or `label` with a form."""
    name, _, raw = request.POST.get("verdict", "").partition(":")
    if name not in Verdict.values or len(raw) > MOST_RAW:
        raise Invalid("Choose what to decide.")
    verdict, note = Verdict(name), request.POST.get("note", "")
    if verdict is not Verdict.LABEL:
        return AdjudicatorRuling(verdict, note=note)
    if raw:
        try:
            return AdjudicatorRuling(verdict, json.loads(raw), note)
        except ValueError as error:
            raise Invalid("This answer cannot be read. Choose it again.") from error
    given = request.POST.getlist("answer")
    if not given and question.form != "many":
        raise Invalid("Choose a label first.")
    return AdjudicatorRuling(verdict, from_form(question, given), note)


@signed_in
@require_POST
def undo(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Take back what the adjudicator decided last, and show that task again."""
    project = project_for(request.user, slug, Action.REVIEW)
    wanted = adjudication_reads.parse_adjudication_filter(project, request.GET.dict())
    last = adjudication_reads.last_decision(project, request.user)
    if last is None:
        return redirect("project-adjudicate", slug)
    try:
        adjudicating.take_back(actor=request.user, act=last.decision.act)
        notify(request, "Taken back. The task waits again.")
    except DomainError as error:
        notify(request, error.message, level=messages.WARNING)
    return redirect(_address(project, last.decision.task_id, replace(wanted, question=last.decision.question)))


urlpatterns = [
    path("p/<slug:slug>/adjudicate/", index, name="project-adjudicate"),
    path("p/<slug:slug>/adjudicate/next/", next_task, name="project-adjudicate-next"),
    path("p/<slug:slug>/adjudicate/undo/", undo, name="project-adjudicate-undo"),
    path("p/<slug:slug>/adjudicate/<int:task_id>/", task, name="project-adjudicate-task"),
    path("p/<slug:slug>/adjudicate/<int:task_id>/decide/", decide, name="project-adjudicate-decide"),
]
