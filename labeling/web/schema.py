"""Labels and questions: change a project's schema in a form or as JSON; every change is a new version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling.access import Action, project_for
from labeling.errors import DomainError, Invalid
from labeling.kinds.schema import parse_schema
from labeling.selectors import schemas as schema_reads
from labeling.selectors import versions as version_reads
from labeling.services import asking, projects
from labeling.web import project_draft, schema_draft
from labeling.web.project_draft import DraftQuestion
from labeling.web.requests import SignedInRequest, page_number, signed_in
from labeling.web.schema_draft import Edited, SchemaDraft
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project, SchemaVersion


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show and change the questions and their labels."""
    project = project_for(request.user, slug, Action.MANAGE)
    if request.method == "GET":
        number, schema = _newest(project)
        return _form(request, project, schema_draft.of_schema(schema), number=number)
    number, schema = _begun(request, project)
    draft = schema_draft.parse_schema_draft(request.POST, schema)
    verb, *places = request.POST.get("do", "save").split(":")
    if verb != "save":
        _act(project, draft, verb, [page_number(place) for place in places])
        return _form(request, project, draft, number=number, acted=verb)
    for question in draft.questions:
        if question.has_labels:
            question.append()
    try:
        new = parse_schema(draft.document(), path="schema")
        if many := _unanswered(request, project, new):
            return _form(request, project, draft, number=number, lacking=many)
        version = _revise(request, project, new, after=number)
    except DomainError as error:
        placed = draft.tell(error)
        return _form(request, project, draft, number=number, error=error, placed=placed)
    return _saved(request, project, version, before=number)


def _unanswered(request: SignedInRequest, project: Project, new: Schema) -> int:
    """Return how many labeled tasks lack what a schema newly requires, unless the person said what to do about them."""
    if "answered" in request.POST:
        return 0
    many = asking.lacking(project, projects.newly_required(project, new)).count()
    if many:  # what cannot be saved is said first
        projects.check_kept(project=project, old=_newest(project)[1], new=new)
    return many


def _revise(request: SignedInRequest, project: Project, new: Schema, *, after: int) -> SchemaVersion:
    lacks = projects.newly_required(project, new)
    version = projects.revise_schema(actor=request.user, project=project, schema=new, after=after)
    if request.POST.get("answered") == "ask":
        asking.start(actor=request.user, project=project, questions=lacks)
    return version


def _newest(project: Project) -> tuple[int, Schema]:
    held = version_reads.current(project.pk)
    return held.schema, version_reads.by_pk(held.schema_pk)


def _begun(request: SignedInRequest, project: Project) -> tuple[int, Schema]:
    """Return the version that the person began to change."""
    number = page_number(request.POST.get("version"))
    return (number, version_reads.numbered(project.pk, number)) if number else _newest(project)


def _act(project: Project, draft: SchemaDraft, verb: str, places: list[int]) -> None:
    """Do what a button of the form asks for."""
    at, row = (*places, 0, 0)[:2]
    if verb == "add" and len(draft.added) < project_draft.MAX_QUESTIONS:
        draft.added = (*draft.added, DraftQuestion(kind=project_draft.kinds_for(draft.fields[0]["type"])[0].NAME))
        draft.about = (*draft.about, draft.fields[0]["name"])
    elif verb == "remove":
        draft.added = tuple(question for place, question in enumerate(draft.added) if place != at)
        draft.about = tuple(about for place, about in enumerate(draft.about) if place != at)
    elif at < len(draft.questions):
        _act_on(project, draft, draft.questions[at], verb=verb, row=row)


def _act_on(project: Project, draft: SchemaDraft, question: Edited, *, verb: str, row: int) -> None:
    match verb:
        case "up" | "down" if question.listed:
            question.move(row, by=-1 if verb == "up" else 1)
        case "append" if question.listed:
            names = project_draft.typed_names(question.more)
            if len(question.body["labels"]) + len(names) > schema_draft.MAX_ROWS:
                question.problems.append("These are too many to show one by one. They are added when you save.")
            else:
                question.append()
        case "drop" if question.listed and row < len(question.body["labels"]):
            name = question.body["labels"][row]["name"]
            if count := schema_reads.labeled(project, question.asked, name=name):
                question.about_labels[name] = (
                    f"It must stay: {_tasks(count)} an answer or a label with it. Its title can be changed."
                )
            else:
                question.drop(row)
        case "forget":
            if count := schema_reads.labeled(project, question.asked):
                question.problems.append(f"This question must stay: {_tasks(count)} an answer to it, or a label.")
            else:
                draft.questions.remove(question)


def _tasks(count: int) -> str:
    more = " or more" if count >= schema_reads.CAP else ""
    return f"{count:,}{more} tasks have" if count > 1 else "one task has"


def _form(
    request: SignedInRequest,
    project: Project,
    draft: SchemaDraft,
    *,
    number: int,
    error: DomainError | None = None,
    placed: bool = False,
    acted: str = "",
    lacking: int = 0,
) -> HttpResponseBase:
    checked = project_draft.check(draft.as_draft())
    values = {
        "project": project,
        "draft": draft,
        "number": number,
        "checked": checked,
        "added": list(zip(checked, draft.about, strict=True)),
        "kinds": project_draft.kinds_for(*{field["type"] for field in draft.fields}),
        "untouched": bool(acted) or request.method == "GET",
        "fresh": acted == "add",
        "forgot": acted == "forget",
        "unsaved": request.method == "POST",
        "message": "" if error is None or placed else error.message,
        "refused": error is not None,
        "lacking": lacking,
        "may_add": len(draft.added) < project_draft.MAX_QUESTIONS,
        "revisions": schema_reads.revisions(project, cursor=request.GET.get("cursor", "")),
    }
    return render(request, "labeling/projects/schema.html", values, status=error.status if error else 200)


def _saved(
    request: SignedInRequest, project: Project, version: SchemaVersion, *, before: int, to: str = "project-schema"
) -> HttpResponseBase:
    if version.number == before:
        notify(request, "Nothing was changed.", level=messages.INFO)
    else:
        undo = reverse("project-schema-undo", args=(project.slug, version.number))
        notify(request, f"Version {version.number} holds from the next task on.", undo=undo)
    return redirect(to, project.slug)


@signed_in
@require_POST
def undo(request: SignedInRequest, slug: str, number: int) -> HttpResponseBase:
    """Take a version back: the one before it is published again, as a new one, unless there is a newer one."""
    project = project_for(request.user, slug, Action.MANAGE)
    former = version_reads.numbered(project.pk, number - 1)
    try:
        version = projects.revise_schema(actor=request.user, project=project, schema=former, after=number)
    except DomainError as error:
        notify(request, error.message, level=messages.ERROR)
    else:
        words = f"Version {version.number} holds from the next task on; it is what version {number - 1} was."
        notify(request, words, level=messages.INFO)
    return redirect("project-schema", project.slug)


@signed_in
@require_POST
def check_added(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Check added questions while they are typed."""
    project = project_for(request.user, slug, Action.MANAGE)
    draft = schema_draft.parse_schema_draft(request.POST, _newest(project)[1])
    values = {"checked": project_draft.check(draft.as_draft())}
    return render(request, "labeling/projects/new_checked.html", values)


@signed_in
@require_http_methods(["GET", "POST"])
def as_json(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show and change the schema as JSON."""
    project = project_for(request.user, slug, Action.MANAGE)
    if request.method == "GET":
        number, schema = _newest(project)
        text = json.dumps(schema.dump(), indent=2, ensure_ascii=False)
        values = {"project": project, "number": number, "text": text, "schema": schema}
        return render(request, "labeling/projects/schema_json.html", values)
    number, text = page_number(request.POST.get("version")), request.POST.get("schema", "")
    try:
        schema = project_draft.parse_document(text)
        if many := _unanswered(request, project, schema):
            values = {"project": project, "number": number, "text": text, "lacking": many, **_checked(project, text)}
            return render(request, "labeling/projects/schema_json.html", values)
        version = _revise(request, project, schema, after=number)
    except DomainError as error:
        values = {"project": project, "number": number, "text": text, "error": error, **_checked(project, text)}
        return render(request, "labeling/projects/schema_json.html", values, status=error.status)
    return _saved(request, project, version, before=number, to="project-schema-json")


@signed_in
@require_POST
def check_json(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Check the JSON while it is typed, also for what must stay."""
    project = project_for(request.user, slug, Action.MANAGE)
    checked = _checked(project, request.POST.get("schema", ""))
    return render(request, "labeling/projects/new_schema_checked.html", checked)


def _checked(project: Project, text: str) -> dict[str, Any]:
    checked = project_draft.read_document(text)
    if "schema" in checked:
        try:
            projects.check_kept(project=project, old=_newest(project)[1], new=checked["schema"])
        except Invalid as error:
            return {"refused": error}
    return checked


urlpatterns = [
    path("p/<slug:slug>/settings/schema/", edit, name="project-schema"),
    path("p/<slug:slug>/settings/schema/check/", check_added, name="project-schema-check"),
    path("p/<slug:slug>/settings/schema/<int:number>/undo/", undo, name="project-schema-undo"),
    path("p/<slug:slug>/settings/schema/json/", as_json, name="project-schema-json"),
    path("p/<slug:slug>/settings/schema/json/check/", check_json, name="project-schema-json-check"),
]
