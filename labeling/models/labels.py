"""Labels: the answers of record."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from labeling.models.annotations import Annotation
from labeling.models.projects import Project
from labeling.models.tasks import Task


class LabelSource(models.TextChoices):
    """Where a label comes from."""

    IMPORT = "import", "Import"
    MODEL = "model", "Model"
    ANNOTATION = "annotation", "Annotation"
    CONSENSUS = "consensus", "Consensus"
    BULK = "bulk", "Bulk act"
    REVIEW = "review", "Review"

    def of(self, people: int | None) -> str:
        """Say the source in words, with how many people's answers a consensus rests on."""
        words = str(self.label).lower()
        return f"{words} of {people} answers" if self == LabelSource.CONSENSUS and people else words


class Label(models.Model):
    """The answer of record for one question of one task; append-only: a new one retires the old."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="labels", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64)
    value = models.JSONField()
    classes = ArrayField(
        models.CharField(max_length=200), default=list, help_text="The label names in the value, for counting."
    )
    source = models.CharField(max_length=10, choices=LabelSource.choices)
    confidence = models.FloatField(null=True)
    people = models.PositiveSmallIntegerField(
        null=True, help_text="How many people's answers it rests on; empty where it rests on none, or is not known."
    )
    method = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="How a consensus came about, where it was not by the kind's own rule.",
    )
    annotation = models.ForeignKey(Annotation, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    schema_version = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("task", "question"), name="label_one_current", condition=Q(retired_at__isnull=True)
            ),
            models.CheckConstraint(condition=Q(source__in=LabelSource.values), name="label_source_known"),
        )
        indexes = (
            models.Index(fields=("task", "question", "id"), name="label_history"),
            models.Index(fields=("project", "id"), name="label_by_id"),
            models.Index(
                fields=("project", "question", "task"), name="label_current", condition=Q(retired_at__isnull=True)
            ),
            GinIndex(fields=("classes",), name="label_by_class", condition=Q(retired_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"label {self.pk} of task {self.task_id}"
