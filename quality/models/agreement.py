"""What was measured of the agreement between people: one report per question, made anew when answers are new."""

from __future__ import annotations

from datetime import date

from django.db import models
from pydantic import BaseModel, ConfigDict, Field

from labeling.models import Project
from labeling.models.documents import JsonDocument


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class AlphaPart(_Part):
    """Krippendorff's alpha, with its interval, or why there is none."""

    value: float | None = Field(None, description="At most 1; 0 is what chance would give. Null: not defined.")
    low: float | None = Field(None, description="95 % interval, by drawing tasks anew.")
    high: float | None = None
    reading: str = Field("", description="reliable (from .8), tentative (from .667) or unreliable.")
    undefined: str = Field("", description="Why there is no value, in words.")
    tasks: int = 0
    answers: int = 0


class BarPart(_Part):
    """Tasks whose agreement is from `low` up to `high`."""

    low: float
    high: float
    tasks: int


class LabelPart(_Part):
    """One label against the rest."""

    label: str
    alpha: AlphaPart
    said: int = Field(description="Answers with this label, to tasks that several people answered.")


class SidePart(_Part):
    """On how many of the tasks a person gave the one label or the other."""

    person: int
    one: int
    other: int


class ConfusionPart(_Part):
    """Two labels that different people gave to the same tasks."""

    one: str
    other: str = Field(description="Empty: the others gave nothing in its place.")
    tasks: int
    sides: list[SidePart]
    person: int | None = Field(None, description="Who stands alone against the others on most of these tasks.")


class PairPart(_Part):
    """Two people on the tasks that both answered."""

    one: int
    other: int
    shared: int
    same: int
    kappa: float | None = None
    undefined: str = ""


class PersonPart(_Part):
    """One person beside the others."""

    person: int
    tasks: int = Field(description="Answered by others, too.")
    agreement: float = Field(description="1 - the mean distance to the answers of the others, in [0, 1].")
    alpha_without: float | None = Field(None, description="Alpha when this person's answers are left out.")
    accuracy: float | None = Field(None, description="By Dawid and Skene, where answers are one label.")


class UsePart(_Part):
    """How often a person gives a label, beside those who answered the same tasks."""

    person: int
    label: str
    said: int
    others: float = Field(description="How often the others would have: the sum of their shares.")


class MatchesPart(_Part):
    """How often a person answered as most of the others did, in one week."""

    week: date
    compared: int
    matched: int


class DriftPart(_Part):
    """A person's answers over time, against their own beginning."""

    baseline: float = Field(description="Share of the first 200 compared answers that matched.")
    recent: float = Field(description="Of the newest 100.")
    noticed: date | None = Field(None, description="When a lasting drop was noticed; null: none was.")
    since: date | None = Field(None, description="When it seems to have begun.")
    probability: float = Field(description="Of so large a drop by chance.")
    first: int = Field(description="The number of the compared answer that the chart begins with.")
    step: int = Field(description="How many answers each value of the chart stands for, the last may stand for fewer.")
    chart: list[float] = Field(description="The evidence for a drop, the highest of each step; over 6 is an alarm.")


class CoursePart(_Part):
    """How a person's answers match what most of the others say: only where two others at least answered the task."""

    person: int
    compared: int
    matched: int
    weeks: list[MatchesPart]
    drift: DriftPart | None = Field(None, description="Null: fewer than 300 answers could be compared.")
    told: bool = Field(default=False, description="The managers were told of a drift.")


class VersionPart(_Part):
    """Answers given under one version of the guideline."""

    version: int
    alpha: AlphaPart


class ChangePart(_Part):
    """Tasks that people answered under two versions of the guideline."""

    before: int
    after: int
    tasks: int
    alpha_before: AlphaPart
    alpha_after: AlphaPart


class WeekPart(_Part):
    """Tasks whose last answer came in one week."""

    week: date
    alpha: AlphaPart


class NeededPart(_Part):
    """What the majority of so many people would get right, simulated from the fitted skills."""

    people: int
    right: float = Field(description="Share of the tasks, in [0, 1], if a tie is decided by chance.")
    tied: float = Field(description="Share of the tasks, in [0, 1], whose votes are tied.")


class MethodPart(_Part):
    """What the answers amount to by one method."""

    method: str = Field(description="Empty: the kind's own rule.")
    unavailable: str = Field("", description="Why it cannot be used, in words.")
    labeled: int = 0
    tied: int = Field(0, description="Tasks whose answers amount to nothing.")
    differ: int = Field(0, description="Tasks on which it says something else than the kind's own rule.")
    differ_tasks: list[int] = Field(default_factory=list)
    reviewed: int = Field(0, description="Tasks that a reviewer decided and that it has an answer for.")
    right: int = Field(0, description="Of these, tasks where it says what the reviewer decided.")


class AgreementDocument(JsonDocument):
    """All that is told of one question."""

    kind: str
    tasks: int = 0
    people: int = 0
    answers: int = 0
    left_out: int = 0
    alpha: AlphaPart = AlphaPart()
    percent: float | None = None
    fleiss: float | None = None
    fleiss_undefined: str = ""
    differ: int = 0
    assisted: int = 0
    histogram: list[BarPart] = Field(default_factory=list)
    labels: list[LabelPart] = Field(default_factory=list)
    confusion: list[ConfusionPart] = Field(default_factory=list)
    pairs: list[PairPart] = Field(default_factory=list)
    persons: list[PersonPart] = Field(default_factory=list)
    uses: list[UsePart] = Field(default_factory=list)
    courses: list[CoursePart] = Field(default_factory=list)
    versions: list[VersionPart] = Field(default_factory=list)
    changes: list[ChangePart] = Field(default_factory=list)
    weeks: list[WeekPart] = Field(default_factory=list)
    needed: list[NeededPart] = Field(default_factory=list)
    methods: list[MethodPart] = Field(default_factory=list)


class AgreementReport(models.Model):
    """How far people agree on one question."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_reports", db_index=False)
    question = models.CharField(max_length=64)
    read_at = models.DateTimeField(help_text="When the answers were read: newer ones are not in it.")
    seconds = models.FloatField(help_text="How long it took.")
    document = models.JSONField(help_text="Read and written through `AgreementDocument`.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "question"), name="agreement_report_once"),)

    def __str__(self) -> str:
        return f"agreement on {self.question} in {self.project_id}"
