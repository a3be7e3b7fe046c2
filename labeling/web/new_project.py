"""New project: pick a template, name the labels, then drop a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.errors import DomainError, NotFound
from labeling.formats.registry import list_nouns
from labeling.kinds.templates import TEMPLATES, Template
from labeling.models import Project
from labeling.services import projects
from labeling.web import project_draft
from labeling.web.project_draft import DraftQuestion, ProjectDraft, kinds_for
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

KEPT = "new_project"
KEPT_SCHEMA = "new_project_schema"


@signed_in
@require_GET
def templates(request: SignedInRequest) -> HttpResponseBase:
    """Offer the templates."""
    draft = project_draft.load(request.session.get(KEPT))
    cards = [{"template": template, "files": _files_for(template.field_type)} for template in TEMPLATES.values()]
    return render(request, "labeling/projects/new.html", {"cards": cards, "draft": draft})


def _files_for(field_type: str) -> str:
    """Return which files people bring for a type of field, as a sentence."""
    nouns = list_nouns(field_type)
    return f"{nouns[:1].upper()}{nouns[1:]}."


@signed_in
@require_http_methods(["GET", "POST"])
def questions(request: SignedInRequest, template: str) -> HttpResponseBase:
    """Ask for the name, the questions and their labels; then make the project."""
    chosen = _template(template)
    if request.method == "GET":
        draft = project_draft.of_template(chosen, project_draft.load(request.session.get(KEPT)))
        return _form(request, chosen, draft)
    draft = project_draft.parse_project_draft(request.POST, chosen)
    verb, _, place = request.POST.get("do", "create").partition(":")
    if verb == "add":
        draft = replace(draft, questions=(*draft.questions, DraftQuestion(kind=kinds_for(draft.field_type)[0].NAME)))
    elif verb == "remove" and place.isdigit() and len(draft.questions) > 1:
        draft = replace(draft, questions=tuple(q for at, q in enumerate(draft.questions) if at != int(place)))
    _keep(request, draft)
    if verb == "back":
        return redirect("project-new")
    if verb != "create":
        return _form(request, chosen, draft, fresh=True)
    try:
        return _created(request, projects.create(actor=request.user, name=draft.name, schema=draft.as_schema()))
    except DomainError as error:
        return _form(request, chosen, draft, error=error)


def _template(key: str) -> Template:
    if key not in TEMPLATES:
        raise NotFound("There is no such template. Pick one on the page “New project”.")
    return TEMPLATES[key]


def _form(
    request: SignedInRequest,
    template: Template,
    draft: ProjectDraft,
    *,
    error: DomainError | None = None,
    fresh: bool = False,
) -> HttpResponseBase:
    untouched = request.method == "GET" or fresh
    values = {
        "template": template,
        "draft": draft,
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


def _keep(request: SignedInRequest, draft: ProjectDraft) -> None:
    if (kept := project_draft.dump(draft)) is not None:
        request.session[KEPT] = kept


def _created(request: SignedInRequest, project: Project) -> HttpResponseBase:
    for key in (KEPT, KEPT_SCHEMA):
        request.session.pop(key, None)
    notify(request, f"“{project.name}” is made. Now drop a file with your data.")
    return redirect("project-imports", project.slug)


@signed_in
@require_POST
def check(request: SignedInRequest, template: str) -> HttpResponseBase:
    """Check what is typed while it is typed, and keep it for the way back."""
    draft = project_draft.parse_project_draft(request.POST, _template(template))
    _keep(request, draft)
    values = {"checked": project_draft.check(draft), "oob": True}
    return render(request, "labeling/projects/new_checked.html", values)


@signed_in
@require_http_methods(["GET", "POST"])
def schema(request: SignedInRequest) -> HttpResponseBase:
    """Let the schema be written as JSON."""
    text = request.POST.get("schema") or request.session.get(KEPT_SCHEMA) or project_draft.example()
    values: dict[str, Any] = {"text": text, "name": request.POST.get("name", "")}
    if request.method == "POST":
        request.session[KEPT_SCHEMA] = text[: project_draft.MAX_KEPT]
        if request.POST.get("do") == "back":
            return redirect("project-new")
        try:
            parsed = project_draft.parse_document(text)
            return _created(request, projects.create(actor=request.user, name=values["name"], schema=parsed))
        except DomainError as error:
            values["error"] = error
    values |= project_draft.read_document(text)
    return render(request, "labeling/projects/new_schema.html", values, status=422 if request.method == "POST" else 200)


@signed_in
@require_POST
def check_schema(request: SignedInRequest) -> HttpResponseBase:
    """Check the JSON while it is typed."""
    text = request.POST.get("schema", "")
    request.session[KEPT_SCHEMA] = text[: project_draft.MAX_KEPT]
    return render(request, "labeling/projects/new_schema_checked.html", project_draft.read_document(text))


urlpatterns = [
    path("p/new/", templates, name="project-new"),
    path("p/new/schema/", schema, name="project-new-schema"),
    path("p/new/schema/check/", check_schema, name="project-new-schema-check"),
    path("p/new/<slug:template>/", questions, name="project-new-questions"),
    path("p/new/<slug:template>/check/", check, name="project-new-check"),
]
