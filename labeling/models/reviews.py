"""Flags: reasons for a reviewer to look at a task; and leases on what reviewers look at."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform

from labeling.models.acts import BulkAct
from labeling.models.documents import JsonDocument
from labeling.models.labels import Label
from labeling.models.projects import Project
from labeling.models.tasks import Task
from labeling.reasons.base import Turn
from labeling.reasons.evidence import MEMBERS

FIRST_OF_THE_LAST = float(Turn.LAST)


class FlagState(models.TextChoices):
    """Whether a flag waits for a person."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "No longer holds"


class FirstChoice(JsonDocument):
    """What a reviewer decided about a flag before the suggestion was shown.

    Parameters
    ----------
    decision
        The decision, by its stored word.
    answer
        The label that it gave or kept, if any.
    """

    VERSION: ClassVar[int] = 1

    decision: str
    answer: Any = None


class Flag(models.Model):
    """A reason for a reviewer to look at a task, with its score, evidence and resolution."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="flags", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64, blank=True, help_text="Empty: the whole task.")
    part = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="A part of the answer. Empty: all of it."
    )
    reason = models.CharField(max_length=20, help_text="A name in labeling.reasons.")
    state = models.CharField(max_length=8, choices=FlagState.choices, default=FlagState.OPEN)
    score = models.FloatField(default=0.0, help_text="In [0, 1]; low is bad.")
    place = models.FloatField(
        default=FIRST_OF_THE_LAST,
        db_default=FIRST_OF_THE_LAST,
        help_text="Where it stands in review, as `Reason.place` says.",
    )
    note = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, help_text="Read and written through the type of the reason.")
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=20, blank=True)
    resolution_note = models.TextField(blank=True)
    first_choice = models.JSONField(
        null=True, help_text="A FirstChoice: what was decided before the suggestion was shown, where it was hidden."
    )
    label = models.ForeignKey(Label, on_delete=models.SET_NULL, null=True, related_name="+")
    act = models.ForeignKey(BulkAct, on_delete=models.SET_NULL, null=True, related_name="flags", db_index=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("task", "question", "reason", "part"), name="flag_one_open_part", condition=Q(state="open")
            ),
            models.CheckConstraint(condition=Q(state__in=FlagState.values), name="flag_state_known"),
        )
        indexes = (
            models.Index(fields=("task", "state"), name="flag_by_task"),
            models.Index(fields=("project", "place", "id"), name="flag_by_place", condition=Q(state="open")),
            models.Index(fields=("project", "reason", "place", "id"), name="flag_by_reason", condition=Q(state="open")),
            models.Index(fields=("project", "score", "id"), name="flag_by_score", condition=Q(state="open")),
            models.Index(fields=("act",), name="flag_by_act", condition=Q(act__isnull=False)),
            GinIndex(
                OpClass(KeyTransform(MEMBERS, "evidence"), name="jsonb_path_ops"),
                name="flag_by_member",
                condition=Q(evidence__has_key=MEMBERS),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} flag {self.pk} on task {self.task_id}"


class ReviewLease(models.Model):
    """A short, renewable claim of all that is flagged about a task, by the reviewer who looks at it."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="review_lease")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("project", "user"), name="review_lease_by_person"),)

    def __str__(self) -> str:
        return f"review of task {self.task_id} by {self.user_id}"
