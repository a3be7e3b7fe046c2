"""Annotations, every revision of them, and comments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from labeling.models.tasks import Task


class AnnotationState(models.TextChoices):
    """How far a person is with a task."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    SKIPPED = "skipped", "Skipped"


class SkipReason(models.TextChoices):
    """Why a person skipped a task, in the words that the annotator chooses from and the reviewer reads."""

    UNCLEAR = "unclear", "The guideline does not say"
    NO_LABEL_FITS = "no_label_fits", "No label fits"
    BAD_DATA = "bad_data", "Broken or empty item"
    NOT_MY_LANGUAGE = "not_my_language", "Not my language or subject"
    SENSITIVE = "sensitive", "Sensitive content"
    OTHER = "other", "Another reason"


class Annotation(models.Model):
    """One person's answers to all questions of one task; every save is a new version."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="annotations", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations", db_index=False
    )
    state = models.CharField(max_length=9, choices=AnnotationState.choices)
    answers = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    counted = models.BooleanField(
        default=False, help_text="Fills one of the task's slots; an answer that came after all were filled does not."
    )
    lead_time_ms = models.PositiveIntegerField(default=0)
    skip_reason = models.CharField(max_length=20, choices=SkipReason.choices, blank=True)
    schema_version = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("task", "annotator"), name="annotation_once"),
            models.CheckConstraint(condition=Q(state__in=AnnotationState.values), name="annotation_state_known"),
            models.CheckConstraint(
                condition=Q(counted=False) | Q(state="submitted"), name="annotation_counted_is_submitted"
            ),
        )
        indexes = (
            models.Index(fields=("project", "annotator", "-updated_at"), name="annotation_by_person"),
            models.Index(fields=("project", "state", "-updated_at"), name="annotation_by_state"),
            models.Index(fields=("annotator",), name="annotation_by_annotator"),
        )

    def __str__(self) -> str:
        return f"annotation {self.pk} of task {self.task_id}"


class AnnotationRevision(models.Model):
    """One save of an annotation, append-only. Its key makes a retried save the same save."""

    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=AnnotationState.choices)
    answers = models.JSONField()
    counted = models.BooleanField()
    lead_time_ms = models.PositiveIntegerField()
    skip_reason = models.CharField(max_length=20, blank=True)
    schema_version = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("annotation", "number"), name="revision_once"),
            models.UniqueConstraint(fields=("annotator", "key"), name="revision_key_once"),
        )

    def __str__(self) -> str:
        return f"revision {self.number} of annotation {self.annotation_id}"


class Comment(models.Model):
    """What a person said about a task; open until somebody resolves it."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="comment_resolved_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"comment {self.pk} on task {self.task_id}"
