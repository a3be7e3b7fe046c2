"""A project's labeling instructions: one draft, and immutable published versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from labeling.models.projects import Project


class GuidelineDraft(models.Model):
    """What managers edit until they publish it."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="guideline_draft")
    body = models.TextField(blank=True)
    entries = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1, help_text="Counts saves, so that two editors notice each other.")
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"guideline draft of {self.project_id}"


class GuidelineVersion(models.Model):
    """A published guideline; never changed (a trigger refuses it)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guideline_versions", db_index=False)
    number = models.PositiveIntegerField()
    body = models.TextField(blank=True)
    entries = models.JSONField(default=list)
    change_note = models.TextField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "number"), name="guideline_version_once"),)

    def __str__(self) -> str:
        return f"guideline {self.number} of {self.project_id}"
