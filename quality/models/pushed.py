"""Predictions of a team's own model, used instead of the fixed model's."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Project, Task


class PushedModel(models.Model):
    """A model whose predictions were sent; the active one of a question is used."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pushed_models", db_index=False)
    question = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    classes = models.JSONField(help_text="Names of the classes, in the order of the probabilities.")
    out_of_fold = models.BooleanField(help_text="No task was predicted by a model that had learned from its label.")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "question", "name"), name="pushed_model_once"),
            models.UniqueConstraint(
                fields=("project", "question"), name="pushed_model_one_active", condition=Q(active=True)
            ),
        )

    def __str__(self) -> str:
        return self.name


class PushedPrediction(models.Model):
    """Class probabilities of one task, as a model that was not ours gave them."""

    model = models.ForeignKey(PushedModel, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    probabilities = models.BinaryField(help_text="float32, in the order of the model's classes.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("model", "task"), name="pushed_prediction_once"),)

    def __str__(self) -> str:
        return f"prediction of task {self.task_id} by {self.model_id}"
