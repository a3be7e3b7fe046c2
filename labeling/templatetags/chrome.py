"""The frame around pages: rail with counts. Addresses that do not exist (yet) leave their entry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from labeling.models import Project, Role, User
from labeling.selectors import chrome

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rail: its name, icon, address (by name), and who sees it."""

    name: str
    icon: str
    view: str
    count: str = ""
    roles: tuple[str, ...] = tuple(Role.values)


RAIL = (
    Entry("Overview", "overview", "project-overview"),
    Entry("Label", "label", "project-label", "queue", (Role.ANNOTATOR, Role.REVIEWER, Role.MANAGER)),
    Entry("Tasks", "tasks", "project-tasks", "tasks"),
    Entry("Review", "flag", "project-review", "flags", (Role.REVIEWER, Role.MANAGER)),
    Entry("Quality", "quality", "project-quality"),
    Entry("Agreement", "agreement", "project-agreement", roles=(Role.REVIEWER, Role.MANAGER)),
    Entry("People", "people", "project-people", "people"),
    Entry("Guideline", "guideline", "project-guideline"),
    Entry("Settings", "settings", "project-settings", roles=(Role.MANAGER,)),
)


@register.inclusion_tag("components/rail.html", takes_context=True)
def rail(context: Mapping[str, Any], project: Project, active: str = "") -> dict[str, Any]:
    """Render the rail of a project's pages; `active` is the view name of the entry the page belongs to."""
    request: HttpRequest = context["request"]
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - project pages are only rendered for signed-in people
    found = chrome.rail(user=user, project=project)
    entries = [
        {
            "name": entry.name,
            "icon": entry.icon,
            "href": href,
            "count": found.counts.get(entry.count),
            "view": entry.view,
        }
        for entry in RAIL
        if found.role in entry.roles and (href := _address(entry.view, project))
    ]
    return {"entries": entries, "active": active, "project": project}


def _address(view: str, project: Project) -> str:
    try:
        return reverse(view, args=(project.slug,))
    except NoReverseMatch:
        return ""
