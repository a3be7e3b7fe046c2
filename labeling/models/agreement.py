"""How far the people who answered a task agree."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from labeling.models.tasks import Task


class TaskAgreement(models.Model):
    """How far people agree on one question of a task, as of the last time agreement was measured.

    A question's rows are written together. Only tasks that several people answered have any.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="agreements", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64)
    answers = models.PositiveSmallIntegerField(help_text="How many people answered.")
    agreement = models.FloatField(help_text="1 - the mean distance of every two answers, in [0, 1].")
    differs = models.BooleanField(help_text="Two answers are not the same.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("task", "question"), name="task_agreement_once"),
            models.CheckConstraint(condition=Q(agreement__gte=0) & Q(agreement__lte=1), name="task_agreement_range"),
        )
        indexes = (models.Index(fields=("project", "question", "agreement", "task"), name="task_agreement_by_value"),)

    def __str__(self) -> str:
        return f"agreement on {self.question} of task {self.task_id}"
