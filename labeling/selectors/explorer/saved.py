"""The filters a person keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.models import SavedFilter

if TYPE_CHECKING:
    from labeling.models import Project, User

MAX_SAVED = 50
"""Filters that one person may keep in a project."""


def saved_filters(*, user: User, project: Project) -> list[SavedFilter]:
    """Return the person's filters in a project, by name."""
    return list(SavedFilter.objects.filter(user=user, project=project)[:MAX_SAVED])
