"""What adjudicators decided about questions that several people answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.acts import BulkAct
from labeling.models.labels import Label
from labeling.models.projects import Project
from labeling.models.tasks import Task


class Verdict(models.TextChoices):
    """What an adjudicator made of several answers."""

    LABEL = "label", "Given a label"
    SEVERAL = "several", "Several answers are valid"
    UNUSABLE = "unusable", "The item is unusable"
    RULE_MISSING = "rule_missing", "The guideline lacks a rule"


WITHOUT_LABEL = (Verdict.SEVERAL, Verdict.RULE_MISSING)
"""Verdicts that a question may be left without a label by: what people answer later changes nothing about it."""
OUTSIDE_AGREEMENT = (Verdict.UNUSABLE, Verdict.RULE_MISSING)
"""Verdicts that take a question's answers out of what is measured: nobody could have answered it rightly."""


class Sided(models.TextChoices):
    """With whom an adjudicator's label sides."""

    MAJORITY = "majority", "most of those who answered"
    SOMEBODY = "somebody", "somebody, but not most"
    NOBODY = "nobody", "nobody who answered"


class Adjudication(models.Model):
    """An adjudicator's decision about one question of a task; one stands at a time, until it is taken back."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="adjudications", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    sided = models.CharField(max_length=8, choices=Sided.choices, blank=True, help_text="Of a label alone.")
    label = models.ForeignKey(Label, on_delete=models.SET_NULL, null=True, related_name="+")
    answers = models.PositiveSmallIntegerField(help_text="How many people had answered.")
    agreement = models.FloatField(help_text="How far they agreed, as it was measured, in [0, 1].")
    note = models.TextField(blank=True)
    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="adjudications")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("task", "question"), name="adjudication_once", condition=Q(taken_back_at=None)
            ),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="adjudication_verdict_known"),
            models.CheckConstraint(condition=Q(sided__in=["", *Sided.values]), name="adjudication_sided_known"),
        )
        indexes = (models.Index(fields=("project", "question", "-id"), name="adjudication_by_project"),)

    def __str__(self) -> str:
        return f"adjudication of {self.question} of task {self.task_id}"
