"""Tasks, their place in the queue, the leases on them, and media."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Collate

from labeling.models.jobs import JobRun
from labeling.models.projects import Project


class Split(models.TextChoices):
    """What a task is for when a model is trained."""

    NONE = "", "No split"
    TRAIN = "train", "Train"
    VALIDATION = "validation", "Validation"
    TEST = "test", "Test"


class Task(models.Model):
    """One item to label. Its data never changes after import (a trigger refuses it)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    external_id = models.CharField(max_length=200, null=True)  # noqa: DJ001 - absent ids must not collide
    content_hash = models.CharField(max_length=64)
    data = models.JSONField()
    meta = models.JSONField(default=dict)
    split = models.CharField(max_length=10, choices=Split.choices, default=Split.NONE, blank=True)
    import_job = models.ForeignKey(JobRun, on_delete=models.SET_NULL, null=True, related_name="tasks", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When split, metadata or quarantine changed last (a trigger writes it); empty: never.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "external_id"), name="task_external_id_once"),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="task_split_known"),
        )
        indexes = (
            models.Index(fields=("project", "id"), name="task_by_id"),
            models.Index(fields=("project", "split", "id"), name="task_by_split"),
            # Compared byte by byte, so that it also finds the ids that begin with something, in any locale.
            models.Index("project", Collate("external_id", "C"), "id", name="task_by_external_id"),
            models.Index(fields=("project", "content_hash"), name="task_by_content"),
            models.Index(fields=("import_job", "id"), name="task_by_import", condition=Q(import_job__isnull=False)),
            GinIndex(fields=("meta",), name="task_by_meta", opclasses=("jsonb_path_ops",)),
            # Marks are read as spaces: to PostgreSQL a tag is no word, and a path is one.
            GinIndex(
                Func(
                    F("data"),
                    function="jsonb_to_tsvector",
                    template="%(function)s('simple'::regconfig, "
                    "translate((%(expressions)s)::text, '<>&/', '    ')::jsonb, '[\"string\"]'::jsonb)",
                ),
                name="task_by_all_words",
            ),
        )

    def __str__(self) -> str:
        return f"task {self.pk}"


class TaskState(models.TextChoices):
    """Where a task stands, as the explorer filters it."""

    TODO = "todo", "To do"
    LABELED = "labeled", "Labeled"
    DISPUTED = "disputed", "Disputed"
    QUARANTINED = "quarantined", "Quarantined"


class QueueEntry(models.Model):
    """A task's place in the queue: narrow, because claims and the scheduler rewrite it.

    At every instant: counted submitted annotations + leases + open_slots = required. A task that came with all its
    labels requires nobody (required = 0) until somebody asks for it to be labeled again.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="queue_entry")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    priority = models.FloatField(default=0.0)
    reason = models.CharField(max_length=200, blank=True)
    required = models.PositiveSmallIntegerField(default=1)
    open_slots = models.SmallIntegerField(default=1)
    state = models.CharField(max_length=11, choices=TaskState.choices, default=TaskState.TODO)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(open_slots__gte=0) & Q(open_slots__lte=F("required")), name="queue_open_slots_range"
            ),
            models.CheckConstraint(condition=Q(state__in=TaskState.values), name="queue_state_known"),
        )
        indexes = (
            models.Index(
                "project",
                F("priority").desc(),
                "task",
                name="queue_next",
                condition=Q(open_slots__gt=0) & ~Q(state="quarantined"),
            ),
            models.Index(fields=("project", "state", "task"), name="queue_by_state"),
            models.Index(
                fields=("project", "task"),
                name="queue_in_progress",
                condition=Q(state="todo", open_slots__lt=F("required")),
            ),
        )

    def __str__(self) -> str:
        return f"queue entry of task {self.task_id}"


class QueueScore(models.Model):
    """How early one question wants a task labeled; the places in the queue are made from the scores of all questions.

    A question's scores are written together. Only tasks that were open then have any.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="queue_scores", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=64)
    score = models.FloatField(help_text="From 0 to 1, highest first.")
    reason = models.CharField(max_length=200, blank=True, help_text="In words, for the person who labels.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("task", "question"), name="queue_score_once"),)
        indexes = (models.Index(fields=("project", "question"), name="queue_score_by_question"),)

    def __str__(self) -> str:
        return f"score of task {self.task_id} for {self.question}"


class Lease(models.Model):
    """A short, renewable claim of a task by a person; it holds one of the task's slots."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="leases", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("task", "user"), name="lease_once"),)
        indexes = (
            models.Index(fields=("project", "expires_at"), name="lease_by_expiry"),
            models.Index(fields=("user", "project"), name="lease_by_user"),
        )

    def __str__(self) -> str:
        return f"lease of task {self.task_id} by {self.user_id}"


class Media(models.Model):
    """One stored file, kept once by the SHA-256 of its content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    variants_at = models.DateTimeField(null=True, help_text="When thumbnail and screen sizes were made.")
    asked_at = models.DateTimeField(null=True, help_text="When somebody wanted to see a size that is not made yet.")
    failed_at = models.DateTimeField(null=True, help_text="When the sizes could not be made.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "media"
        indexes = (
            models.Index(
                fields=("asked_at",),
                name="media_asked_for",
                condition=Q(asked_at__isnull=False, variants_at=None, failed_at=None),
            ),
        )

    def __str__(self) -> str:
        return self.sha256[:12]


class MediaLink(models.Model):
    """That a project may show a stored file: media are served to its members only."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="media_links", db_index=False)
    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="links")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "media"), name="media_link_once"),)

    def __str__(self) -> str:
        return f"{self.media_id[:12]} in {self.project_id}"
