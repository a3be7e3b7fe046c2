"""The guideline: read it, edit it beside a preview, publish it, look at older versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.access import Action, may, project_for
from labeling.errors import DomainError
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import versions as version_reads
from labeling.services import guidelines
from labeling.web.forms import GuidelineForm, PublishForm, add_problems
from labeling.web.requests import SignedInRequest, signed_in
from labeling.web.toasts import notify

if TYPE_CHECKING:
    from labeling.models import GuidelineVersion, Project

PARTS = ("question", "label", "definition", "use_when", "not_when")


@signed_in
@require_GET
def show(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the guideline that holds now."""
    project = project_for(request.user, slug, Action.VIEW)
    newest = guideline_reads.newest(project)
    return render(request, "labeling/guidelines/show.html", _shown(request, project, newest) | {"newest": newest})


@signed_in
@require_GET
def version(request: SignedInRequest, slug: str, number: int) -> HttpResponseBase:
    """Show a published version."""
    project = project_for(request.user, slug, Action.VIEW)
    shown = _shown(request, project, guideline_reads.version(project, number))
    return render(request, "labeling/guidelines/show.html", shown | {"newest": guideline_reads.newest(project)})


def _shown(request: SignedInRequest, project: Project, found: GuidelineVersion | None) -> dict[str, Any]:
    can_manage = may(request.user, project, Action.MANAGE)
    entries = found.entries if found else []
    return {
        "project": project,
        "version": found,
        "body_html": guideline_reads.render(found.body) if found else "",
        "questions": guideline_reads.parts(version_reads.schema(project.pk), entries),
        "can_manage": can_manage,
        "unpublished": can_manage
        and guideline_reads.differs(guideline_reads.draft(project), guideline_reads.newest(project)),
    }


@signed_in
@require_GET
def index(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """List the published versions."""
    project = project_for(request.user, slug, Action.VIEW)
    q, sort = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("sort", "-version")
    page = guideline_reads.published(project, q=q, cursor=request.GET.get("cursor", ""), oldest_first=sort == "version")
    values = {"project": project, "page": page, "q": q, "default_sort": "-version"}
    return render(request, "labeling/guidelines/versions.html", values)


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Edit the draft; save it, or save and publish it."""
    project = project_for(request.user, slug, Action.MANAGE)
    draft = guideline_reads.draft(project)
    if request.method == "GET":
        form = GuidelineForm(initial={"body": draft.body, "version": draft.version})
        return render(request, "labeling/guidelines/edit.html", _edited(project, form, draft.entries))
    form, note = GuidelineForm(request.POST), PublishForm(request.POST)
    entries = guideline_reads.merged(draft.entries, _sent(request))
    publishing = request.POST.get("action") == "publish"
    try:
        if form.is_valid() and (not publishing or note.is_valid()):
            guidelines.save_draft(actor=request.user, project=project, entries=entries, **form.cleaned_data)
            return _publish(request, project, note) if publishing else _saved(request, slug)
    except DomainError as error:
        add_problems(note if publishing else form, error)
    values = _edited(project, form, entries, note=note if publishing else None)
    return render(request, "labeling/guidelines/edit.html", values, status=422)


def _saved(request: SignedInRequest, slug: str) -> HttpResponseBase:
    notify(request, "The draft is saved. Annotators see it once you publish it.")
    return redirect("guideline-edit", slug)


def _publish(request: SignedInRequest, project: Project, note: PublishForm) -> HttpResponseBase:
    new = guidelines.publish(actor=request.user, project=project, change_note=note.cleaned_data["change_note"])
    notify(request, f"Version {new.number} is published. Everybody labels by it from the next task on.")
    return redirect("project-guideline", project.slug)


def _sent(request: SignedInRequest) -> list[dict[str, str]]:
    columns = [request.POST.getlist(f"entry-{name}") for name in PARTS]
    return [dict(zip(PARTS, row, strict=True)) for row in zip(*columns, strict=False)]


def _edited(
    project: Project, form: GuidelineForm, entries: list[dict[str, Any]], note: PublishForm | None = None
) -> dict[str, Any]:
    questions = guideline_reads.parts(version_reads.schema(project.pk), entries)
    return {
        "project": project,
        "form": form,
        "note": note or PublishForm(),
        "publishing": note is not None,
        "questions": questions,
        "body_html": guideline_reads.render(form["body"].value() or ""),
        "newest": guideline_reads.newest(project),
    }


@signed_in
@require_POST
def preview(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Render what is being written."""
    project = project_for(request.user, slug, Action.MANAGE)
    body = request.POST.get("body", "")[: guidelines.MAX_BODY]
    questions = guideline_reads.parts(version_reads.schema(project.pk), _sent(request))
    values = {"body_html": guideline_reads.render(body), "questions": questions}
    return render(request, "labeling/guidelines/document.html", values)


urlpatterns = [
    path("p/<slug:slug>/guideline/", show, name="project-guideline"),
    path("p/<slug:slug>/guideline/edit/", edit, name="guideline-edit"),
    path("p/<slug:slug>/guideline/preview/", preview, name="guideline-preview"),
    path("p/<slug:slug>/guideline/versions/", index, name="guideline-versions"),
    path("p/<slug:slug>/guideline/versions/<int:number>/", version, name="guideline-version"),
]
