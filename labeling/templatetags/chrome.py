"""The frame around pages: rail with counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from labeling.models import Project, User
from labeling.selectors import chrome as chrome_reads
from labeling.selectors import no_data as no_data_reads
from labeling.selectors import pages

register = template.Library()

TABS = 4
"""Pages of the rail that stand in the bar of a phone when not all fit; the others are behind More."""


@register.inclusion_tag("components/rail.html", takes_context=True)
def rail(context: Mapping[str, Any], project: Project, active: str = "") -> dict[str, Any]:
    """Render the rail of a project's pages; `active` is the view name of the entry the page belongs to."""
    found = chrome_reads.rail(user=_person(context), project=project)
    entries = [
        _entry(page, project, found.counts.get(page.count, ""))
        for page in pages.pages_for_role(found.role)
        if page.rail
    ]
    folded = entries[TABS:] if len(entries) > TABS + 1 else []
    active_folded = any(entry["view"] == active for entry in folded)
    return {"entries": entries, "folded": folded, "active": active, "active_folded": active_folded, "project": project}


def _entry(page: pages.Page, project: Project, count: str) -> dict[str, str]:
    more = count.removesuffix("+")
    return {
        "name": page.title,
        "title": page.title if more == count else f"{page.title}: more than {more}",
        "icon": page.icon,
        "href": reverse(page.view, args=(project.slug,)),
        "count": count,
        "counted": page.count,
        "view": page.view,
    }


@register.inclusion_tag("components/no_data.html", takes_context=True)
def no_data(context: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Say that a project has no tasks yet, and who can change that: see components/no_data.html."""
    return {"project": project, "found": no_data_reads.no_data_for(_person(context), project)}


def _person(context: Mapping[str, Any]) -> User:
    request: HttpRequest = context["request"]
    assert isinstance(request.user, User)  # noqa: S101 - project pages are only rendered for signed-in people
    return request.user
