"""The inbox: what others did with a person's answers, across projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.access import projects_of
from labeling.models import Notice

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import User

PAGE = 30
MOST_COUNTED = 99


def notices_of(user: User, *, unread: bool = False) -> QuerySet[Notice]:
    """Return what a person is told in the projects that they may still see."""
    found = Notice.objects.filter(user=user, project__in=projects_of(user))
    found = found.select_related("project", "task", "actor", "comment").defer("task__data", "task__meta")
    return found.filter(read_at=None) if unread else found


def unread_count(user: User) -> str:
    """Return how much a person has not read yet, as the top bar shows it; nothing for none."""
    count = notices_of(user, unread=True)[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
