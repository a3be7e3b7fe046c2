"""What a worker runs, as people see it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.documents import JsonDocument
from labeling.models.projects import Project


class JobState(models.TextChoices):
    """The life of a job."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Canceled"


ALIVE = (JobState.QUEUED, JobState.RUNNING)


class JobErrors(JsonDocument):
    """The result of a job that was asked for something it could not do: what was wrong, each with its path and row."""

    errors: list[dict[str, Any]] = []


class JobRun(models.Model):
    """One run of one job: state, progress, error and result.

    What `params`, `cursor` and `result` hold is a type by kind of job, named where the kind is registered.
    """

    kind = models.CharField(max_length=60)
    queue = models.CharField(max_length=20, default="default")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="jobs", db_index=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    exclusive_key = models.CharField(max_length=200, blank=True, help_text="At most one alive job has this key.")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    params = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict, help_text="How far it came, so that a restarted worker goes on from there.")
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("exclusive_key",),
                name="job_one_alive",
                condition=~Q(exclusive_key="") & Q(state__in=("queued", "running")),
            ),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
        )
        indexes = (
            models.Index(fields=("project", "-id"), name="job_by_project"),
            models.Index(fields=("state", "id"), name="job_alive", condition=Q(state__in=("queued", "running"))),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"
