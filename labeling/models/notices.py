"""Notices: what a person is told in their inbox about what others did with their answers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.annotations import Comment
from labeling.models.labels import Label
from labeling.models.projects import Project
from labeling.models.sampling import AnswerReview
from labeling.models.tasks import Task


class NoticeKind(models.TextChoices):
    """What a notice is about, in the words of the inbox."""

    SENT_BACK = "sent_back", "Sent back to you"
    CAME_BACK = "came_back", "Came back"
    CHANGED = "changed", "Decided otherwise"
    COMMENT = "comment", "New comment"
    RESOLVED = "resolved", "Comment resolved"
    FLAG = "flag", "Your flag was decided"
    WEBHOOK = "webhook", "Webhook switched off"
    DRIFT = "drift", "Answers differ more than before"


class Notice(models.Model):
    """One thing that one person is told; what it tells of goes when that is taken back.

    What the site did by itself has no actor, and what is about the project as a whole no task. Of a drift the actor is
    the person whose answers changed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=9, choices=NoticeKind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="+")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, related_name="+")
    review = models.ForeignKey(AnswerReview, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known"),)
        indexes = (
            models.Index(fields=("user", "-id"), name="notice_by_person"),
            models.Index(fields=("user", "project"), name="notice_unread", condition=Q(read_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
