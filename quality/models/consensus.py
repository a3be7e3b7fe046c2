"""By which method a question's answers of several people become its label."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from labeling.models import Project


class ConsensusMethod(models.TextChoices):
    """How several answers become one."""

    RULE = "", "The majority"
    DAWID_SKENE = "dawid_skene", "Dawid and Skene"
    CROWDLAB = "crowdlab", "CROWDLAB"


class ConsensusChoice(models.Model):
    """The method of a question; one without a row has the kind's own rule."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="consensus_choices", db_index=False)
    question = models.CharField(max_length=64)
    method = models.CharField(max_length=20, choices=ConsensusMethod.choices, blank=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "question"), name="consensus_choice_once"),
            models.CheckConstraint(
                condition=models.Q(method__in=ConsensusMethod.values), name="consensus_choice_method_known"
            ),
        )

    def __str__(self) -> str:
        return f"consensus on {self.question} in {self.project_id}"
