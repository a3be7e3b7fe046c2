"""Uploaded files and what was wrong with their rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from labeling.models.jobs import JobRun
from labeling.models.projects import Project


class Upload(models.Model):
    """A file as it was sent, kept privately until its import is over."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    file = models.FileField(upload_to="uploads/%Y/%m/", max_length=300)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.filename


class ImportProblem(models.Model):
    """Why one row of an import was not taken."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="import_problems", db_index=False)
    row = models.PositiveBigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    message = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("job", "row", "id"), name="import_problem_by_row"),)

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"
