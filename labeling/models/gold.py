"""Gold: answers that are known to be right, and to whom such a task was given to see how well they answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from labeling.models.tasks import Task


class GoldAnswer(models.Model):
    """The answer to one question of a task that is known to be right; a new one retires the old."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="gold_answers", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64)
    value = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("task", "question"), name="gold_one_current", condition=Q(retired_at__isnull=True)
            ),
        )
        indexes = (
            models.Index(fields=("task", "question", "id"), name="gold_history"),
            models.Index(fields=("project", "task"), name="gold_current", condition=Q(retired_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"gold answer {self.pk} of task {self.task_id}"


class GoldServing(models.Model):
    """That a person was given a gold task, once, beyond those who are asked about it; their answer does not count.

    It holds none of the task's slots and takes no lease. What they answered first is kept: that is what is judged.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="gold_servings", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    served_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answers = models.JSONField(null=True, help_text="As first submitted; empty after a skip, or while it waits.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("task", "user"), name="gold_served_once"),)
        indexes = (
            models.Index(fields=("project", "user"), name="gold_served_to"),
            models.Index(fields=("user",), name="gold_served_by_user"),
        )

    def __str__(self) -> str:
        return f"gold task {self.task_id} given to {self.user_id}"
