"""Filters of the task explorer that a person keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from labeling.errors import Invalid, Problem
from labeling.models import SavedFilter
from labeling.selectors.explorer import MAX_SAVED
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import Project, User

MAX_NAME = 60
MAX_QUERY = 4_000


@transaction.atomic
def save_filter(*, actor: User, project: Project, name: str, query: str) -> SavedFilter:
    """Keep a filter under a name; the same name again replaces it."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME or "\x00" in name:
        message = f"A filter's name has 1 to {MAX_NAME} characters."
        raise Invalid(message, problems=(Problem("name", message),))
    if len(query) > MAX_QUERY or "\x00" in query:
        message = "This filter is too long to be kept. Use fewer or shorter conditions."
        raise Invalid(message, problems=(Problem("query", message),))
    mine = SavedFilter.objects.filter(project=project, user=actor)
    if not mine.filter(name=name).exists() and mine.count() >= MAX_SAVED:
        message = f"You keep {MAX_SAVED} filters in this project already. Delete one first."
        raise Invalid(message, problems=(Problem("name", message),))
    kept, _ = SavedFilter.objects.update_or_create(project=project, user=actor, name=name, defaults={"query": query})
    events.record(verb="filter.saved", project=None, actor=actor, filter=kept.pk, name=name)
    return kept


@transaction.atomic
def delete_filter(*, actor: User, kept: SavedFilter) -> None:
    """Forget a filter."""
    events.record(verb="filter.deleted", project=None, actor=actor, filter=kept.pk, name=kept.name)
    kept.delete()
