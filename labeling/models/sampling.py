"""Reviews of people's answers: samples of them, what a reviewer said of each, and answers that were sent back."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from labeling.models.acts import DecidedBefore
from labeling.models.annotations import Annotation
from labeling.models.documents import JsonDocument
from labeling.models.projects import Project
from labeling.models.tasks import Task


class SamplePer(models.TextChoices):
    """Of what a sample draws the same number of answers each."""

    PERSON = "person", "Person"
    LABEL = "label", "Label"
    BOTH = "both", "Person and label"


class SampleWish(JsonDocument):
    """Which answers a sample was drawn from, and how many of each person, label or both.

    Parameters
    ----------
    question
        The question whose labels count; empty where only people do.
    person
        The only person whose answers are drawn from; 0: everybody.
    label
        The only label; empty: all of them.
    since, until
        The first and the last day on which an answer was given; None: no bound.
    """

    VERSION: ClassVar[int] = 1

    per: SamplePer
    each: int
    question: str = ""
    person: int = 0
    label: str = ""
    since: date | None = None
    until: date | None = None


class Sample(models.Model):
    """A random sample of people's answers, drawn once: the seed and the answers of then give the same one again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="samples", db_index=False)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seed = models.BigIntegerField()
    wish = models.JSONField(help_text="Read and written through `SampleWish`.")
    population = models.PositiveIntegerField(help_text="How many answers it was drawn from.")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("project", "-id"), name="sample_by_project"),)

    def __str__(self) -> str:
        return f"sample {self.pk}"


class AnswerVerdict(models.TextChoices):
    """What a reviewer said of an answer."""

    ACCEPTED = "accepted", "Accepted"
    CORRECTED = "corrected", "Corrected"
    RETURNED = "returned", "Sent back"


class ReturnState(models.TextChoices):
    """What became of an answer that was sent back."""

    WAITING = "waiting", "Waits for the annotator"
    ANSWERED = "answered", "Came back"
    WITHDRAWN = "withdrawn", "Taken back by a reviewer"
    FREED = "freed", "The annotator left; somebody else is asked"


class JudgedBefore(JsonDocument):
    """What a verdict changed about the task, so that it can be taken back."""

    task: DecidedBefore


class AnswerReview(models.Model):
    """One person's answer before a reviewer: drawn into a sample, or sent back from anywhere else.

    An answer that was sent back goes on counting, so that its person keeps the slot until they answer anew or leave.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    sample = models.ForeignKey(Sample, on_delete=models.CASCADE, null=True, related_name="reviews", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="answer_reviews")
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="The version of the answer that was drawn, then that was reviewed.")
    position = models.PositiveIntegerField(default=0, help_text="The place in the sample.")
    labels = ArrayField(
        models.CharField(max_length=200), default=list, help_text="The labels for which the answer was drawn."
    )
    verdict = models.CharField(max_length=9, choices=AnswerVerdict.choices, blank=True)
    note = models.TextField(blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    before = models.JSONField(null=True, help_text="Read and written through `JudgedBefore`.")
    back = models.CharField(max_length=9, choices=ReturnState.choices, blank=True)
    back_at = models.DateTimeField(null=True, help_text="When it came back, was taken back, or was freed.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sample", "annotation"), name="answer_review_once_a_sample"),
            models.UniqueConstraint(
                fields=("annotation",), name="answer_review_one_waits", condition=Q(back="waiting")
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["", *AnswerVerdict.values]), name="answer_review_verdict_known"
            ),
            models.CheckConstraint(condition=Q(back__in=["", *ReturnState.values]), name="answer_review_back_known"),
        )
        indexes = (
            models.Index(fields=("sample", "position"), name="answer_review_by_sample"),
            models.Index(fields=("annotation", "-id"), name="answer_review_by_answer"),
            models.Index(fields=("annotator", "project"), name="answer_review_waiting", condition=Q(back="waiting")),
        )

    def __str__(self) -> str:
        return f"review of annotation {self.annotation_id}"
