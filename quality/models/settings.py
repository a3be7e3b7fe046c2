"""How a project's pipeline runs, and by itself when."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models import Project


class QualitySettings(models.Model):
    """A project without a row has the defaults."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="quality_settings")
    automatic = models.BooleanField(default=True, help_text="Run after new labels and by schedule.")
    after_labels = models.PositiveIntegerField(
        default=100, validators=(MinValueValidator(1),), help_text="Run when this many labels are new."
    )
    every_hours = models.PositiveIntegerField(
        default=24, help_text="Run this long after the last run if any label is new; 0: never."
    )
    encoder = models.CharField(max_length=300, default="built-in")
    filter_by = models.CharField(max_length=30, default="both")
    score = models.CharField(max_length=30, default="self_confidence")
    strategy = models.CharField(max_length=30, default="margin")

    class Meta:
        verbose_name_plural = "quality settings"
        constraints = (
            models.CheckConstraint(condition=Q(after_labels__gte=1), name="quality_settings_after_labels_range"),
        )

    def __str__(self) -> str:
        return f"quality settings of {self.project_id}"
