"""What a run found about the answers of several people to the same tasks."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Task
from quality.models.runs import Run


class AnnotatorQuality(models.Model):
    """How one person's answers compare with those of others; for helping, not for ranking."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="people", db_index=False)
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    answers = models.PositiveIntegerField(help_text="To tasks that others have answered, too.")
    compared = models.PositiveIntegerField(help_text="Of these, tasks where most of the others agree.")
    agreed = models.PositiveIntegerField(help_text="Of these, tasks where the person agrees with them.")
    quality = models.FloatField(null=True, help_text="By CROWDLAB, in [0, 1]; null without predictions.")
    mixed_up = models.CharField(max_length=200, blank=True, help_text="The class they differ about most.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run", "annotator"), name="annotator_quality_once"),
            models.CheckConstraint(
                condition=Q(agreed__lte=models.F("compared")) & Q(compared__lte=models.F("answers")),
                name="annotator_quality_counts",
            ),
        )

    def __str__(self) -> str:
        return f"quality of {self.annotator_id} in run {self.run_id}"


class Consensus(models.Model):
    """What people and model together say about a task; kept for the newest complete run of a question."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="consensus", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    answers = models.PositiveSmallIntegerField(help_text="How many people answered.")
    given = models.CharField(max_length=200, blank=True, help_text="The label of record; empty: none.")
    suggested = models.CharField(max_length=200)
    quality = models.FloatField(help_text="How sure CROWDLAB is of the suggested class, in [0, 1].")
    agreement = models.FloatField(help_text="Share of the answers that are the suggested class.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "task"), name="consensus_once"),)
        indexes = (models.Index(fields=("run", "quality"), name="consensus_by_quality"),)

    def __str__(self) -> str:
        return f"consensus on task {self.task_id} in run {self.run_id}"
