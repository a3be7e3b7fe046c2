"""Parts of the frame that are fetched: palette, project switcher, job indicator, and a task by its number."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from labeling.access import Action, project_for, task_for
from labeling.errors import DomainError
from labeling.models import Project
from labeling.selectors import chrome as chrome_reads
from labeling.selectors import pages
from labeling.web.requests import SignedInRequest, signed_in


@dataclass(frozen=True, slots=True)
class Hit:
    """Something the palette found: it leads to an address, or presses what carries that `data-command` on the page."""

    title: str
    href: str
    icon: str
    where: str
    command: str = ""


COMMANDS = {
    Hit("Dark theme", "", "moon", "Command", "dark"): "dark night mode",
    Hit("Light theme", "", "sun", "Command", "light"): "light day mode",
    Hit("Theme of the system", "", "auto", "Command", "auto"): "auto system mode",
    Hit("Keys on this page", "", "keyboard", "Command", "keys"): "keys shortcuts keyboard help",
    Hit("Sign out", "", "sign-out", "Command", "sign-out"): "sign out log out logout leave",
}
"""What the palette does at once, and what people call it."""


@signed_in
@require_GET
def palette(request: SignedInRequest) -> HttpResponseBase:
    """Find pages, projects, commands, and tasks by their number or external id."""
    q = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    project = _project(request)
    hits = [*_tasks(request, q, project), *_pages(request, q, project), *_commands(q), *_projects(request, q)]
    return render(request, "components/palette_results.html", {"hits": hits[:14]})


def _project(request: SignedInRequest) -> Project | None:
    try:
        return project_for(request.user, request.GET.get("project", ""), Action.VIEW)
    except DomainError:
        return None


def _tasks(request: SignedInRequest, q: str, project: Project | None) -> list[Hit]:
    return [
        Hit(
            task.external_id or f"Task {task.pk}",
            reverse("task-by-id", args=(task.pk,)),
            "tasks",
            f"Task {task.pk} · {task.project.name}" if task.external_id else task.project.name,
        )
        for task in chrome_reads.find_tasks(request.user, q, within=project)
    ]


def _pages(request: SignedInRequest, q: str, project: Project | None) -> list[Hit]:
    hits = [Hit(page.title, reverse(page.view), page.icon, "") for page in pages.pages_of_person(request.user)]
    if project:
        hits = [
            Hit(page.title, reverse(page.view, args=(project.slug,)), page.icon, project.name)
            for page in pages.pages_of_project(request.user, project)
        ] + hits
    return [hit for hit in hits if q.lower() in hit.title.lower()]


def _commands(q: str) -> list[Hit]:
    called = q.lower()
    return [hit for hit, names in COMMANDS.items() if called and (called in names or called in hit.title.lower())]


def _projects(request: SignedInRequest, q: str) -> list[Hit]:
    return [
        Hit(project.name, reverse("project-overview", args=(project.slug,)), "label", "Project")
        for project in chrome_reads.find_projects(request.user, q)
    ]


@signed_in
@require_GET
def switcher(request: SignedInRequest) -> HttpResponseBase:
    """List the person's projects."""
    return render(request, "components/switcher_list.html", {"projects": chrome_reads.switchable(request.user)})


@signed_in
@require_GET
def job_indicator(request: SignedInRequest) -> HttpResponseBase:
    """Say how many jobs run."""
    return render(request, "components/job_indicator.html", {"running": chrome_reads.running_jobs(request.user)})


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
