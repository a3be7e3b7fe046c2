"""Events: one row per change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from labeling.models.tasks import Task


class Event(models.Model):
    """Who did what to what, when. Append-only (a trigger refuses changes)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="events", db_index=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    verb = models.CharField(max_length=40)
    task = models.ForeignKey(Task, on_delete=models.SET_NULL, null=True, related_name="events", db_index=False)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=("project", "-id"), name="event_by_project"),
            models.Index(fields=("task", "id"), name="event_by_task", condition=Q(task__isnull=False)),
            models.Index(fields=("project", "actor", "-id"), name="event_by_actor"),
            # Everything that is not an answer: found without walking past a million of those.
            models.Index(
                fields=("project", "-id"), name="event_beside_answers", condition=~Q(verb__startswith="annotation.")
            ),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"
