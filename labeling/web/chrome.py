"""Parts of the frame that are fetched: palette, project switcher, job indicator, and a task by its number."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for, task_for
from labeling.errors import DomainError
from labeling.models import Project
from labeling.selectors import chrome
from labeling.web.requests import SignedInRequest, signed_in


@dataclass(frozen=True, slots=True)
class Hit:
    """Something the palette found."""

    title: str
    href: str
    icon: str
    where: str


PAGES = (
    ("Home", "home", "home"),
    ("New project", "project-new", "plus"),
    ("Jobs", "jobs", "jobs"),
    ("Profile and tokens", "profile", "person"),
)
SITE_PAGES = (("How the site is", "site", "activity"),)
PROJECT_PAGES = (
    ("Overview", "project-overview", "overview"),
    ("Label", "project-label", "label"),
    ("Tasks", "project-tasks", "tasks"),
    ("Import data", "project-imports", "upload"),
    ("Export labels", "project-export", "download"),
    ("Review", "project-review", "flag"),
    ("Quality", "project-quality", "quality"),
    ("Agreement", "project-agreement", "agreement"),
    ("People", "project-people", "people"),
    ("Guideline", "project-guideline", "guideline"),
    ("Edit the guideline", "guideline-edit", "edit"),
    ("Activity", "project-activity", "activity"),
    ("Settings", "project-settings", "settings"),
    ("Labels and questions", "project-schema", "choice"),
)


@signed_in
@require_GET
def palette(request: SignedInRequest) -> HttpResponseBase:
    """Find pages, projects and tasks."""
    q = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    project = _project(request)
    hits = [*_task(request, q), *_pages(request, q, project), *_projects(request, q)]
    return render(request, "components/palette_results.html", {"hits": hits[:14]})


def _project(request: SignedInRequest) -> Project | None:
    try:
        return project_for(request.user, request.GET.get("project", ""), Action.VIEW)
    except DomainError:
        return None


def _task(request: SignedInRequest, q: str) -> list[Hit]:
    task = chrome.find_task(request.user, q)
    return [Hit(f"Task {task.pk}", reverse("task-by-id", args=(task.pk,)), "tasks", task.project.name)] if task else []


def _pages(request: SignedInRequest, q: str, project: Project | None) -> list[Hit]:
    slugs = (project.slug,) if project else ()
    wanted = [(*page, slugs, project.name) for page in PROJECT_PAGES] if project else []
    wanted += [(*page, (), "") for page in (*PAGES, *(SITE_PAGES if request.user.is_superuser else ()))]
    return [
        Hit(title, href, icon, where)
        for title, view, icon, args, where in wanted
        if q.lower() in title.lower() and (href := _address(view, args))
    ]


def _projects(request: SignedInRequest, q: str) -> list[Hit]:
    return [
        Hit(project.name, reverse("project-overview", args=(project.slug,)), "label", "Project")
        for project in chrome.find_projects(request.user, q)
    ]


def _address(view: str, args: tuple[str, ...]) -> str:
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""


@signed_in
@require_GET
def switcher(request: SignedInRequest) -> HttpResponseBase:
    """List the person's projects."""
    return render(request, "components/switcher_list.html", {"projects": chrome.switchable(request.user)})


@signed_in
@require_GET
def job_indicator(request: SignedInRequest) -> HttpResponseBase:
    """Say how many jobs run."""
    return render(request, "components/job_indicator.html", {"running": chrome.running_jobs(request.user)})


@signed_in
@require_GET
def task_by_id(request: SignedInRequest, task_id: int) -> HttpResponseBase:
    """Lead to a task's page in its project."""
    task = task_for(request.user, task_id, Action.VIEW)
    return redirect("project-task", task.project.slug, task.pk)


urlpatterns = [
    path("palette/", palette, name="palette"),
    path("switcher/", switcher, name="switcher"),
    path("jobs/indicator/", job_indicator, name="job-indicator"),
    path("tasks/<int:task_id>/", task_by_id, name="task-by-id"),
]
