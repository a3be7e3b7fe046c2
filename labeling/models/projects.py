"""Projects and the versions of their schemas."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class GoesOn(models.TextChoices):
    """Whether a key that is the whole answer also submits it and shows the next item."""

    EACH = "each", "Each person decides"
    ON = "on", "For everybody"
    OFF = "off", "For nobody"


class Project(models.Model):
    """A data set being labeled, with its people, schema, guideline and settings."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    overlap = models.PositiveSmallIntegerField(
        default=1,
        validators=(MinValueValidator(1), MaxValueValidator(50)),
        help_text="How many people answer each task.",
    )
    max_overlap = models.PositiveSmallIntegerField(default=1)
    overlap_rules = models.JSONField(
        default=dict, db_default={}, help_text="Where more or fewer people answer. Read and written by `OverlapRules`."
    )
    agreement_floor = models.FloatField(default=0.5)
    lease_seconds = models.PositiveIntegerField(default=900)
    decide_first = models.BooleanField(
        default=False, db_default=False, help_text="Reviewers see what is suggested only once they have decided."
    )
    goes_on = models.CharField(
        max_length=4,
        choices=GoesOn.choices,
        default=GoesOn.EACH,
        db_default=GoesOn.EACH,
        help_text="Whether a key that is the whole answer also submits it and shows the next item.",
    )
    gold_share = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Of a hundred tasks that a person is given, so many have an answer that is known; 0: none.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(overlap__gte=1) & Q(max_overlap__gte=models.F("overlap")), name="project_overlap_range"
            ),
            models.CheckConstraint(
                condition=Q(agreement_floor__gte=0) & Q(agreement_floor__lte=1), name="project_agreement_floor_range"
            ),
            models.CheckConstraint(condition=Q(gold_share__lte=20), name="project_gold_share_range"),
            models.CheckConstraint(condition=Q(goes_on__in=GoesOn.values), name="project_goes_on_known"),
        )

    def __str__(self) -> str:
        return self.name


class SchemaVersion(models.Model):
    """One version of a project's fields and questions; never edited in place (a trigger refuses it)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schema_versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "number"), name="schema_version_once"),)

    def __str__(self) -> str:
        return f"schema {self.number} of {self.project_id}"
