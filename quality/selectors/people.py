"""How the people who answer the same tasks agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, QuerySet

from labeling.models import Flag, FlagState, Label, QueueEntry, TaskState
from labeling.reasons.registry import REASONS
from labeling.scoring.intervals import wilson
from quality.models import AnnotatorQuality, Consensus
from quality.selectors.corrections import REVIEWERS

if TYPE_CHECKING:
    from labeling.models import User
    from quality.models import Run

EVEN = 0.5
LEAST_TASKS = 30
"""With fewer shared tasks a person's figures say next to nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person's answers beside those of the others.

    Parameters
    ----------
    person
        Who.
    answers
        Answers to tasks that others have answered, too.
    compared, agreed
        Tasks where most of the others agree, and those where the person agrees with them.
    interval
        95 % interval of that share.
    quality
        By CROWDLAB, None without predictions.
    mixed_up
        The class they differ about most, empty for none.
    """

    person: User
    answers: int
    compared: int
    agreed: int
    interval: tuple[float, float]
    quality: float | None
    mixed_up: str

    @property
    def telling(self) -> bool:
        """Whether there are enough tasks to say anything."""
        return self.compared >= LEAST_TASKS

    @property
    def share(self) -> float:
        """Return the share of agreement."""
        return self.agreed / self.compared if self.compared else 0.0


def people_for(run: Run) -> list[Person]:
    """Return what a run found about each person, by name: this is no ranking."""
    found = AnnotatorQuality.objects.filter(run=run).select_related("annotator")
    people = [
        Person(
            person=row.annotator,
            answers=row.answers,
            compared=row.compared,
            agreed=row.agreed,
            interval=wilson(row.agreed, row.compared),
            quality=row.quality,
            mixed_up=row.mixed_up,
        )
        for row in found
    ]
    return sorted(people, key=lambda each: str(each.person).casefold())


def differing(run: Run) -> QuerySet[Consensus]:
    """Return the tasks where people and model together say something else than the label, the surest first.

    Not those whose label is another by now, or that a reviewer has decided, nor what is no more probable than not.
    """
    found = Consensus.objects.filter(run=run, quality__gt=EVEN).exclude(given="").exclude(given=F("suggested"))
    standing = Label.objects.filter(
        project=run.project_id,
        task=OuterRef("task"),
        question=run.question,
        retired_at=None,
        classes__contains=[OuterRef("given")],
    ).exclude(source__in=REVIEWERS)
    about_labels = [reason.name for reason in REASONS.values() if reason.is_about_label]
    decided = Flag.objects.filter(
        task=OuterRef("task"), question__in=("", run.question), state=FlagState.RESOLVED, reason__in=about_labels
    )
    quarantined = QueueEntry.objects.filter(task=OuterRef("task"), state=TaskState.QUARANTINED)
    found = found.filter(Exists(standing), ~Exists(decided), ~Exists(quarantined))
    return found.select_related("task").order_by("-quality", "task_id")
