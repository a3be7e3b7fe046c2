"""Filters of the task explorer that a person keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from labeling.models.projects import Project


class SavedFilter(models.Model):
    """A filter with its sort, under a name; a person's own."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.TextField(help_text="The parameters of the explorer's address.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("project", "user", "name"), name="saved_filter_once"),)

    def __str__(self) -> str:
        return self.name
