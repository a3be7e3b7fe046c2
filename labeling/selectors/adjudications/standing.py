"""What adjudicators decided, as others ask for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from labeling.models import Adjudication, Label, LabelSource, Sided, User, Verdict
from labeling.models.adjudications import OUTSIDE_AGREEMENT, WITHOUT_LABEL

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from labeling.models import Project

_BY_REVIEWERS = (LabelSource.REVIEW, LabelSource.BULK)


@dataclass(frozen=True, slots=True)
class SidesTaken:
    """How many of an adjudicator's labels are the answer of most people, of somebody else, or of nobody."""

    person: User
    majority: int
    somebody: int
    nobody: int

    @property
    def labels(self) -> int:
        """How many labels they gave."""
        return self.majority + self.somebody + self.nobody


def standing(project: Project, question: str) -> QuerySet[Adjudication]:
    """Return the decisions about a question that nobody took back."""
    return Adjudication.objects.filter(project=project, question=question, taken_back_at=None)


def left_without_label(task_ids: Collection[int]) -> defaultdict[int, dict[str, str]]:
    """Return, by task, the questions that an adjudicator left without a label, each with the verdict."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    left = Adjudication.objects.filter(
        task_id__in=list(task_ids), verdict__in=WITHOUT_LABEL, label=None, taken_back_at=None
    )
    for task, question, verdict in left.values_list("task_id", "question", "verdict"):
        found[task][question] = verdict
    return found


def several_valid(task_ids: Collection[int]) -> defaultdict[int, set[str]]:
    """Return, by task, the questions that need no label, because several answers are valid."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for task, ruled in left_without_label(task_ids).items():
        found[task] = {question for question, verdict in ruled.items() if verdict == Verdict.SEVERAL}
    return found


def outside_agreement(project: Project, question: str) -> QuerySet[Adjudication, int]:
    """Return the tasks whose answers to a question say nothing about people: unusable, or without a rule."""
    return standing(project, question).filter(verdict__in=OUTSIDE_AGREEMENT).values_list("task_id", flat=True)


def labeled_by_reviewers(question: str) -> QuerySet[Label]:
    """Return the labels of record of a question that a reviewer gave."""
    return Label.objects.filter(question=question, retired_at=None, source__in=_BY_REVIEWERS)


def decided_by_people(project: Project, question: str) -> set[int]:
    """Return the tasks about whose answers somebody has decided, here or in review."""
    labeled = labeled_by_reviewers(question).filter(project=project).values_list("task_id", flat=True)
    return {*standing(project, question).values_list("task_id", flat=True), *labeled}


def sides_taken(project: Project, question: str) -> list[SidesTaken]:
    """Return with whom each adjudicator's labels side, those of most labels first."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Sided.values, 0))
    rows = standing(project, question).exclude(sided="").order_by().values_list("decided_by", "sided")
    for person, sided, count in rows.annotate(count=Count("pk")):
        counts[person][sided] = count
    people = User.objects.in_bulk(counts)
    found = [SidesTaken(people[person], **sides) for person, sides in counts.items()]
    return sorted(found, key=lambda each: (-each.labels, each.person.pk))
