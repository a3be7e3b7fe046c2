"""New project: pick a template, name the labels, then drop a file."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.errors import DomainError, NotFound
from labeling.formats.registry import list_nouns
from labeling.kinds.templates import TEMPLATES, Template
from labeling.models import Project
from labeling.services import projects
from labeling.web import project_draft
from labeling.web.kept_drafts import KeptDraft, drop_draft, keep_draft, kept_draft, kept_drafts
from labeling.web.project_draft import DraftQuestion, ProjectDraft, kinds_for
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

SCHEMA = "schema"
"""Stands for the template where the schema is written as JSON."""


@signed_in
@require_GET
def templates(request: SignedInRequest) -> HttpResponseBase:
    """Offer the templates, and what was not finished."""
    cards = [{"template": template, "files": _files_for(template.field_type)} for template in TEMPLATES.values()]
    places = {key: (reverse("project-new-questions", args=(key,)), each.title) for key, each in TEMPLATES.items()}
    places[SCHEMA] = (reverse("project-new-schema"), "Your own schema")
    unfinished = [(kept, *places[kept.template]) for kept in kept_drafts(request.session) if kept.template in places]
    return render(request, "labeling/projects/new.html", {"cards": cards, "unfinished": unfinished})


def _files_for(field_type: str) -> str:
    """Return which files people bring for a type of field, as a sentence."""
    nouns = list_nouns(field_type)
    return f"{nouns[:1].upper()}{nouns[1:]}."


@signed_in
@require_http_methods(["GET", "POST"])
def questions(request: SignedInRequest, template: str) -> HttpResponseBase:
    """Ask for the name, the questions and their labels; then create the project."""
    chosen = _template(template)
    if request.method == "GET":
        kept = kept_draft(request.session, template)
        draft = project_draft.load(kept.content) if kept else None
        return _form(request, chosen, draft or project_draft.fresh_draft(chosen), kept=kept if draft else None)
    verb, _, place = request.POST.get("do", "create").partition(":")
    if verb == "afresh":
        drop_draft(request.session, template)
        return redirect("project-new-questions", template)
    draft = project_draft.parse_project_draft(request.POST, chosen)
    if verb == "add":
        draft = replace(draft, questions=(*draft.questions, DraftQuestion(kind=kinds_for(draft.field_type)[0].NAME)))
    elif verb == "remove" and place.isdigit() and len(draft.questions) > 1:
        draft = replace(draft, questions=tuple(q for at, q in enumerate(draft.questions) if at != int(place)))
    _keep(request, chosen, draft)
    if verb == "back":
        return redirect("project-new")
    if verb != "create":
        return _form(request, chosen, draft, fresh=True)
    try:
        made = projects.create(actor=request.user, name=draft.name, schema=draft.as_schema())
    except DomainError as error:
        return _form(request, chosen, draft, error=error)
    return _created(request, made, template)


def _template(key: str) -> Template:
    if key not in TEMPLATES:
        raise NotFound("There is no such template. Pick one on the page “New project”.")
    return TEMPLATES[key]


def _form(
    request: SignedInRequest,
    template: Template,
    draft: ProjectDraft,
    *,
    kept: KeptDraft | None = None,
    error: DomainError | None = None,
    fresh: bool = False,
) -> HttpResponseBase:
    untouched = request.method == "GET" or fresh
    values = {
        "template": template,
        "draft": draft,
        "kept": kept,
        "checked": project_draft.check(draft),
        "kinds": kinds_for(template.field_type),
        "untouched": untouched,
        "fresh": fresh,
        "error": error,
        "name_problem": _name_problem(draft) if error else "",
        "may_add": len(draft.questions) < project_draft.MAX_QUESTIONS,
    }
    return render(request, "labeling/projects/new_questions.html", values, status=422 if error else 200)


def _name_problem(draft: ProjectDraft) -> str:
    if not draft.name.strip():
        return "Give the project a name."
    return (
        f"A project's name has at most {projects.MAX_NAME} characters." if len(draft.name) > projects.MAX_NAME else ""
    )


def _keep(request: SignedInRequest, template: Template, draft: ProjectDraft) -> None:
    if project_draft.is_worth_keeping(draft, template):
        keep_draft(request.session, template.key, asdict(draft))
    else:
        drop_draft(request.session, template.key)


def _created(request: SignedInRequest, project: Project, template: str) -> HttpResponseBase:
    drop_draft(request.session, template)
    notify(request, f"“{project.name}” is created. Now add a file with your data.")
    return redirect("project-imports", project.slug)


@signed_in
@require_POST
def check(request: SignedInRequest, template: str) -> HttpResponseBase:
    """Check what is typed while it is typed, and keep it for the way back."""
    chosen = _template(template)
    draft = project_draft.parse_project_draft(request.POST, chosen)
    _keep(request, chosen, draft)
    values = {"checked": project_draft.check(draft), "oob": True}
    return render(request, "labeling/projects/new_checked.html", values)


@signed_in
@require_http_methods(["GET", "POST"])
def schema(request: SignedInRequest) -> HttpResponseBase:
    """Let the schema be written as JSON."""
    kept = kept_draft(request.session, SCHEMA)
    if request.method == "GET":
        values: dict[str, Any] = kept.content if kept else {"text": project_draft.example(), "name": ""}
        values = {**values, **project_draft.read_document(values["text"]), "kept": kept}
        return render(request, "labeling/projects/new_schema.html", values)
    if request.POST.get("do") == "afresh":
        drop_draft(request.session, SCHEMA)
        return redirect("project-new-schema")
    written = _keep_schema(request)
    if request.POST.get("do") == "back":
        return redirect("project-new")
    try:
        parsed = project_draft.parse_document(written["text"])
        made = projects.create(actor=request.user, name=written["name"], schema=parsed)
    except DomainError as error:
        values = {**written, **project_draft.read_document(written["text"]), "error": error}
        return render(request, "labeling/projects/new_schema.html", values, status=422)
    return _created(request, made, SCHEMA)


def _keep_schema(request: SignedInRequest) -> dict[str, str]:
    written = {"text": request.POST.get("schema", ""), "name": request.POST.get("name", "")}
    if written["name"].strip() or written["text"].split() != project_draft.example().split():
        keep_draft(request.session, SCHEMA, written)
    else:
        drop_draft(request.session, SCHEMA)
    return written


@signed_in
@require_POST
def check_schema(request: SignedInRequest) -> HttpResponseBase:
    """Check the JSON while it is typed."""
    written = _keep_schema(request)
    return render(request, "labeling/projects/new_schema_checked.html", project_draft.read_document(written["text"]))


urlpatterns = [
    path("p/new/", templates, name="project-new"),
    path("p/new/schema/", schema, name="project-new-schema"),
    path("p/new/schema/check/", check_schema, name="project-new-schema-check"),
    path("p/new/<slug:template>/", questions, name="project-new-questions"),
    path("p/new/<slug:template>/check/", check, name="project-new-check"),
]
