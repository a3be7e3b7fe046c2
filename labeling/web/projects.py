"""Home, and a project's overview, activity and settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeling.access import Action, may, project_for
from labeling.errors import DomainError
from labeling.models import Project
from labeling.selectors import activity as activity_reads
from labeling.selectors import first_page as first_page_reads
from labeling.selectors import home as home_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import staffing as staffing_reads
from labeling.services import overlap, projects, settling
from labeling.web.forms import ProjectForm, add_problems
from labeling.web.requests import SignedInRequest, allowed, page_number, signed_in
from labeling.web.toasts import notify

KEPT = "settings_before"
SETTINGS = (
    "name",
    "description",
    "overlap",
    "max_overlap",
    "agreement_floor",
    "lease_seconds",
    "decide_first",
    "goes_on",
    "gold_share",
)


@signed_in
@require_GET
def home(request: SignedInRequest) -> HttpResponseBase:
    """Show the person's projects and what waits for them."""
    asked = {"q": request.GET.get("q", "").strip().replace("\x00", "")[:100], "sort": request.GET.get("sort", "")}
    archived = request.GET.get("archived") == "1"
    found = home_reads.home(request.user, **asked, archived=archived, cursor=request.GET.get("cursor", ""))
    values = {"home": found, "asked": asked, "archived": archived, "first_steps": home_reads.FIRST_STEPS}
    return render(request, "labeling/projects/home.html", values)


@signed_in
@require_GET
def overview(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show how far a project is; to annotators, what to do in it."""
    project = project_for(request.user, slug, Action.VIEW)
    may_do = allowed(request, project)
    can_annotate = project.archived_at is None and Action.ANNOTATE in may_do
    values: dict[str, Any] = {"project": project, "can_annotate": can_annotate}
    can_review = Action.REVIEW in may_do
    if Action.ANNOTATE in may_do and not can_review:
        values |= {"first": first_page_reads.first_page_for(request.user, project)}
        return render(request, "labeling/projects/first_page.html", values)
    answers_of = None if can_review else request.user
    values |= {
        "counts": progress_reads.counts([project.pk])[project.pk],
        "pace": progress_reads.pace(project),
        "shortage": staffing_reads.shortage(project),
        "questions": progress_reads.by_label(project),
        "people": progress_reads.by_person(project) if can_review else [],
        "lines": activity_reads.lines(activity_reads.activity(project, answers_of=answers_of, size=8).rows),
        "flags": queue_reads.capped(queue_reads.open_flags([project.pk])[project.pk]),
        "can_review": can_review,
        "can_manage": Action.MANAGE in may_do,
        "can_export": Action.EXPORT in may_do,
    }
    return render(request, "labeling/projects/overview.html", values)


@signed_in
@require_GET
def activity(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Tell what happened in a project."""
    project = project_for(request.user, slug, Action.VIEW)
    person, kind = page_number(request.GET.get("person")), request.GET.get("kind", "")
    may_review = may(request.user, project, Action.REVIEW)
    page = activity_reads.activity(
        project,
        answers_of=None if may_review else request.user,
        person=person,
        kind=kind,
        cursor=request.GET.get("cursor", ""),
    )
    lines = activity_reads.lines(page.rows)
    values = {
        "project": project,
        "lines": lines,
        "undoable": activity_reads.undoable(lines) if may_review else set(),
        "next_cursor": page.next_cursor,
        "people": activity_reads.people_of(project),
        "kinds": [(name, words) for name, (words, _) in activity_reads.KINDS.items()],
        "person": person,
        "kind": kind,
        "may_review": may_review,
    }
    return render(request, "labeling/projects/activity.html", values)


@signed_in
@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show and change a project's settings."""
    project = project_for(request.user, slug, Action.MANAGE)
    form = ProjectForm.for_project(project, request.POST or None)
    values: dict[str, Any] = {"project": project, "form": form}
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                values["foreseen"] = settling.foresee(project, form.changes())
                values["fit"] = overlap.foresee(project, form.changes())
                if "answered" in request.POST or not (values["foreseen"].changed or values["fit"].changed):
                    saved = projects.update(actor=request.user, project=project, **form.changes())
                    _saved(request, before=project, after=saved, settle=request.POST.get("answered") == "settle")
                    return redirect("project-settings", slug)
                status = 200
        except DomainError as error:
            add_problems(form, error)
    return render(request, "labeling/projects/settings.html", values, status=status)


def _saved(request: SignedInRequest, *, before: Project, after: Project, settle: bool) -> None:
    """Say what was done, and keep what held before for the way back."""
    if settle:
        settling.start(actor=request.user, project=after, floor=before.agreement_floor)
    changed = {name: getattr(before, name) for name in SETTINGS if getattr(before, name) != getattr(after, name)}
    if not changed:
        notify(request, "Nothing was changed.", level=messages.INFO)
        return
    request.session[KEPT] = {"project": before.pk, "settings": changed, "settled": settle}
    words = "The settings are saved" + ("; the answers there are now settled by them." if settle else ".")
    notify(request, words, undo=reverse("project-settings-undo", args=(before.slug,)))


@signed_in
@require_POST
def undo_settings(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Set back what the person's last change of the settings has changed."""
    project = project_for(request.user, slug, Action.MANAGE)
    kept = request.session.pop(KEPT, {})
    if kept.get("project") == project.pk:
        try:
            projects.update(actor=request.user, project=project, **kept["settings"])
            if kept.get("settled"):
                settling.start(actor=request.user, project=project, floor=project.agreement_floor)
            notify(request, "The settings are as they were.", level=messages.INFO)
        except DomainError as error:
            notify(request, error.message, level=messages.ERROR)
    return redirect("project-settings", slug)


@signed_in
@require_POST
def archive(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Put a project away; it can be taken out again."""
    project = project_for(request.user, slug, Action.MANAGE)
    projects.archive(actor=request.user, project=project, archived=True)
    notify(request, f"“{project.name}” is archived.", undo=reverse("project-restore", args=(slug,)))
    return redirect("home")


@signed_in
@require_POST
def restore(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Take a project out of the archive."""
    project = project_for(request.user, slug, Action.MANAGE)
    projects.archive(actor=request.user, project=project, archived=False)
    notify(request, f"“{project.name}” is back.", level=messages.INFO)
    return redirect("project-overview", slug)


urlpatterns = [
    path("", home, name="home"),
    path("p/<slug:slug>/", overview, name="project-overview"),
    path("p/<slug:slug>/activity/", activity, name="project-activity"),
    path("p/<slug:slug>/settings/", settings, name="project-settings"),
    path("p/<slug:slug>/settings/undo/", undo_settings, name="project-settings-undo"),
    path("p/<slug:slug>/archive/", archive, name="project-archive"),
    path("p/<slug:slug>/restore/", restore, name="project-restore"),
]
