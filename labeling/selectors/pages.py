"""The pages that lead to all others: one list, for the rail, the palette, and the test that opens each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.access import ALLOWED, Action, role_in

if TYPE_CHECKING:
    from labeling.models import Project, User


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, icon and view.

    Parameters
    ----------
    action
        What a person must be allowed to do in the project to see it.
    rail
        Whether it stands in the rail; the palette finds all of them.
    count
        Which figure of the rail belongs to it.
    """

    title: str
    view: str
    icon: str
    action: Action = Action.VIEW
    rail: bool = False
    count: str = ""


OF_PROJECT = (
    Page("Overview", "project-overview", "overview", rail=True),
    Page("Label", "project-label", "label", Action.ANNOTATE, rail=True, count="queue"),
    Page("Label many at once", "project-label-many", "grid", Action.ANNOTATE),
    Page("Tasks", "project-tasks", "tasks", rail=True),
    Page("Deleted tasks", "project-tasks-deleted", "trash", Action.MANAGE),
    Page("Import data", "project-imports", "upload", Action.MANAGE),
    Page("Export labels", "project-export", "download", Action.EXPORT),
    Page("Review", "project-review", "flag", Action.REVIEW, rail=True, count="flags"),
    Page("My answers", "project-my-answers", "clock", Action.ANNOTATE, rail=True),
    Page("Samples", "project-samples", "check", Action.REVIEW),
    Page("Quality", "project-quality", "quality", Action.REVIEW, rail=True),
    Page("Agreement", "project-agreement", "agreement", Action.REVIEW, rail=True),
    Page("Adjudicate", "project-adjudicate", "check", Action.REVIEW),
    Page("Gold tasks", "project-gold", "ok", Action.REVIEW),
    Page("People", "project-people", "people", rail=True, count="people"),
    Page("Weekly report", "project-weekly", "clock", Action.MANAGE),
    Page("Guideline", "project-guideline", "guideline", rail=True),
    Page("Edit the guideline", "guideline-edit", "edit", Action.MANAGE),
    Page("Activity", "project-activity", "activity"),
    Page("Settings", "project-settings", "settings", Action.MANAGE, rail=True),
    Page("People per task", "project-overlap", "people", Action.MANAGE),
    Page("Labels and questions", "project-schema", "choice", Action.MANAGE),
    Page("Webhooks", "project-webhooks", "link", Action.MANAGE),
)
OF_PERSON = (
    Page("Home", "home", "home"),
    Page("New project", "project-new", "plus"),
    Page("Inbox", "inbox", "mail"),
    Page("Jobs", "jobs", "jobs"),
    Page("Profile and tokens", "profile", "person"),
)
OF_SITE = (Page("System status", "site", "activity"),)


def pages_for_role(role: str) -> list[Page]:
    """Return the pages of a project that a role may see, in the order of the rail."""
    return [page for page in OF_PROJECT if page.action in ALLOWED[role]]


def pages_of_project(user: User, project: Project) -> list[Page]:
    """Return the pages of a project that the person may see."""
    role = role_in(user, project.pk)
    return pages_for_role(role) if role else []


def pages_of_person(user: User) -> list[Page]:
    """Return the pages outside projects that the person may see."""
    return [*OF_PERSON, *(OF_SITE if user.is_superuser else ())]
