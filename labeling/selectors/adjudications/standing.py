"""What adjudicators decided, as others ask for it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Count

from labeling.models import Adjudication, Sided, User, Verdict
from labeling.models.adjudications import OUTSIDE_AGREEMENT, WITHOUT_LABEL

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from labeling.models import Project


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


def sides_taken(project: Project, question: str) -> list[tuple[User, dict[str, int]]]:
    """Return how often each adjudicator's label is that of most people, of somebody, or of nobody."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Sided.values, 0))
    rows = standing(project, question).exclude(sided="").order_by().values_list("decided_by", "sided")
    for person, sided, count in rows.annotate(count=Count("pk")):
        counts[person][sided] = count
    people = User.objects.in_bulk(counts)
    found = [(people[person], sides) for person, sides in counts.items()]
    return sorted(found, key=lambda each: (-sum(each[1].values()), each[0].pk))
