"""Runs of the quality pipeline, and what each found."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from labeling.models import JobRun, Project, Task


class Trigger(models.TextChoices):
    """What started a run."""

    HAND = "hand", "By hand"
    SCHEDULE = "schedule", "By schedule"
    LABELS = "labels", "After new labels"


class Run(models.Model):
    """One run of the pipeline for one question; its results are shown from `completed_at` on, all at once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="quality_runs", db_index=False)
    question = models.CharField(max_length=64)
    job = models.OneToOneField(JobRun, on_delete=models.SET_NULL, null=True, related_name="quality_run")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    parameters = models.JSONField(default=dict)
    model = models.CharField(
        max_length=100, help_text="The fixed model, or the name of one whose predictions were sent."
    )
    fingerprint = models.CharField(max_length=64, help_text="Of labels, task data, splits, schema and parameters.")
    classes = models.JSONField(default=list, help_text="Names of the classes that predictions are about.")
    labels = models.PositiveIntegerField(default=0, help_text="Labels of record that took part.")
    last_label = models.BigIntegerField(default=0, help_text="The newest label that was there when it began.")
    steps = models.JSONField(default=list, help_text="The steps done, with their seconds.")
    summary = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="run_trigger_known"),)
        indexes = (
            models.Index(fields=("project", "question", "-id"), name="run_by_project"),
            models.Index(
                fields=("project", "question", "-completed_at"),
                name="run_shown",
                condition=Q(completed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of {self.question}"


class RunArray(models.Model):
    """What one step of a run leaves for the next ones; gone when the run is complete."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="arrays", db_index=False)
    name = models.CharField(max_length=20)
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "name"), name="run_array_once"),)

    def __str__(self) -> str:
        return f"{self.name} of run {self.run_id}"


class Prediction(models.Model):
    """What the model of a run says about one task; kept for the newest complete run of a question."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="predictions")
    predicted = ArrayField(models.PositiveSmallIntegerField(), help_text="Positions in the run's classes.")
    probability = models.FloatField(help_text="Of the predicted class; of the least sure decision for several labels.")
    quality = models.FloatField(null=True, help_text="Of the given label, in [0, 1]; low is bad.")
    out_of_fold = models.BooleanField(help_text="The task is labeled, and the model did not learn from its label.")
    top = models.BinaryField(help_text="The most probable classes: pairs of a position (uint16) and a float16.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "task"), name="prediction_once"),)
        indexes = (models.Index(fields=("run", "quality"), name="prediction_by_quality"),)

    def __str__(self) -> str:
        return f"prediction of task {self.task_id} in run {self.run_id}"


class ClassPair(models.Model):
    """How many labels of one class are likely of another."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="pairs", db_index=False)
    given = models.CharField(max_length=200)
    suggested = models.CharField(max_length=200)
    estimated = models.FloatField(help_text="By the calibrated confident joint.")
    flagged = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "given", "suggested"), name="class_pair_once"),)

    def __str__(self) -> str:
        return f"{self.given} -> {self.suggested} in run {self.run_id}"


class Gain(models.Model):
    """How good the fixed model was on the test split, against the work that had gone into the labels."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="gain")
    items = models.PositiveIntegerField(help_text="Test items with a label that is confirmed or came with the item.")
    confirmed = models.PositiveIntegerField(null=True, help_text="Of these, with a confirmed label.")
    flagged = models.PositiveIntegerField(null=True, help_text="Open label errors in the test split after the run.")
    accuracy = models.FloatField()
    accuracy_low = models.FloatField()
    accuracy_high = models.FloatField()
    macro_f1 = models.FloatField()
    macro_f1_low = models.FloatField()
    macro_f1_high = models.FloatField()
    log_loss = models.FloatField()
    log_loss_low = models.FloatField()
    log_loss_high = models.FloatField()
    telling = models.BooleanField(help_text="The test split is large enough to see a gain.")
    labels = models.PositiveIntegerField(help_text="Labels that the model learned from.")
    corrections = models.PositiveIntegerField(help_text="Labels that a reviewer has changed, up to the run.")
    test_fingerprint = models.CharField(
        max_length=64, help_text="Of the test split and its labels: runs that share it compare."
    )
    losses = models.BinaryField(
        null=True, help_text="Log-loss of each test item, float32, in order of the tasks: runs are compared in pairs."
    )
    hits = models.BinaryField(null=True, help_text="Whether each test item was predicted right, one byte each.")
    sure = models.BinaryField(null=True, help_text="Whether each test item's label is confirmed, one byte each.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(accuracy__gte=0) & Q(accuracy__lte=1), name="gain_accuracy_range"),
        )

    def __str__(self) -> str:
        return f"gain of run {self.run_id}"
