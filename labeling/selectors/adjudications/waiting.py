"""Which tasks with several answers to adjudicate, in their order: the least agreement first, then the most answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from labeling.models import (
    Adjudication,
    ReviewLease,
    Task,
    TaskAgreement,
    TaskState,
)
from labeling.selectors import versions as version_reads
from labeling.selectors.adjudications.standing import labeled_by_reviewers, standing
from labeling.selectors.explorer import Said, Several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from labeling.kinds.schema import Question
    from labeling.models import Project, User

R = TypeVar("R", TaskAgreement, Adjudication)

ORDER = ("agreement", "-answers", "task_id")
_LONGEST = 200
_DIGITS = 19


@dataclass(frozen=True, slots=True)
class AdjudicationFilter:
    """Which tasks to adjudicate, or were.

    Parameters
    ----------
    question
        The question's name; one at a time.
    one, other
        What two people said; empty: anything.
    person, second
        Two people whose answers differ, or one who answered; 0: anybody.
    low, high
        How far people agree.
    decided
        Whether they were decided.
    """

    question: str = ""
    one: str = ""
    other: str = ""
    person: int = 0
    second: int = 0
    low: float = 0.0
    high: float = 1.0
    decided: bool = False

    def params(self) -> list[tuple[str, str]]:
        """Return the parameters of an address that say so."""
        said = [
            ("question", self.question),
            ("one", self.one),
            ("other", self.other),
            ("person", str(self.person or "")),
            ("second", str(self.second or "")),
            ("low", f"{self.low:g}" if self.low > 0 else ""),
            ("high", f"{self.high:g}" if self.high < 1 else ""),
            ("state", "decided" if self.decided else ""),
        ]
        return [(name, value) for name, value in said if value]

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked for than a question."""
        return replace(self, question="", decided=False) != AdjudicationFilter()

    def said(self) -> list[Several]:
        """Return what people are to have answered."""
        pairs = [(Said(label=self.one), Said(label=self.other)), (Said(self.person), Said(self.second))]
        named = [tuple(said for said in pair if said != Said()) for pair in pairs]
        return [Several(self.question, said=pair) for pair in named if pair]


def parse_adjudication_filter(project: Project, asked: Mapping[str, str]) -> AdjudicationFilter:
    """Return what an address asks for; what makes no sense is left out, and without a question it is the first."""
    schema = version_reads.schema(project.pk)
    text = {name: value.replace("\x00", "")[:_LONGEST] for name, value in asked.items()}
    question = schema.question(text.get("question", "")) or schema.questions[0]
    low, high = _share(text.get("low", ""), 0.0), _share(text.get("high", ""), 1.0)
    return AdjudicationFilter(
        question=question.name,
        one=text.get("one", ""),
        other=text.get("other", ""),
        person=_number(text.get("person", "")),
        second=_number(text.get("second", "")),
        low=min(low, high),
        high=max(low, high),
        decided=text.get("state") == "decided",
    )


def _share(typed: str, default: float) -> float:
    try:
        share = float(typed)
    except ValueError:
        return default
    return share if math.isfinite(share) and 0 <= share <= 1 else default


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < _DIGITS else 0


def question_of(project: Project, wanted: AdjudicationFilter) -> Question:
    """Return the question that is looked at."""
    schema = version_reads.schema(project.pk)
    return schema.question(wanted.question) or schema.questions[0]


def undecided_tasks(project: Project, wanted: AdjudicationFilter) -> QuerySet[TaskAgreement]:
    """Return the tasks that wait, first what comes first: no adjudicator and no reviewer has decided them."""
    decided = standing(project, wanted.question).filter(task=OuterRef("task"))
    labeled = labeled_by_reviewers(wanted.question).filter(task=OuterRef("task"))
    found = TaskAgreement.objects.filter(project=project, question=wanted.question)
    found = found.exclude(task__queue_entry__state=TaskState.QUARANTINED)
    return _fitting(found.exclude(Exists(decided)).exclude(Exists(labeled)), project, wanted).order_by(*ORDER)


def decided_tasks(project: Project, wanted: AdjudicationFilter) -> QuerySet[Adjudication]:
    """Return what adjudicators decided, the newest first."""
    return _fitting(standing(project, wanted.question), project, wanted).order_by("-pk")


def _fitting(rows: QuerySet[R], project: Project, wanted: AdjudicationFilter) -> QuerySet[R]:
    if wanted.low > 0 or wanted.high < 1:
        rows = rows.filter(agreement__gte=wanted.low, agreement__lte=wanted.high)
    for several in wanted.said():
        rows = rows.filter(task__in=several.keep(Task.objects.filter(project=project), project).values("pk"))
    return rows


def following(
    project: Project, wanted: AdjudicationFilter, *, task_id: int = 0, backward: bool = False
) -> QuerySet[TaskAgreement]:
    """Return the tasks that wait after one, or before it; without one, or when it is not known any more, all."""
    found = undecided_tasks(project, wanted)
    at = TaskAgreement.objects.filter(project=project, question=wanted.question, task_id=task_id).first()
    if at is None:
        return found
    more, fewer = ("lt", "gt") if backward else ("gt", "lt")
    beyond = Q(**{f"agreement__{more}": at.agreement})
    beyond |= Q(agreement=at.agreement) & Q(**{f"answers__{fewer}": at.answers})
    beyond |= Q(agreement=at.agreement, answers=at.answers) & Q(**{f"task__{more}": at.task_id})
    # What follows from the others tells PostgreSQL where in the index to begin.
    found = found.filter(Q(**{f"agreement__{more}e": at.agreement}), beyond)
    return found.order_by("-agreement", "answers", "-task_id") if backward else found


def free_tasks(
    project: Project, wanted: AdjudicationFilter, *, person: User, after: int = 0, backward: bool = False
) -> QuerySet[TaskAgreement]:
    """Return the tasks that wait after one and that nobody else looks at."""
    held = ReviewLease.objects.filter(task=OuterRef("task"), expires_at__gt=Now()).exclude(user=person)
    return following(project, wanted, task_id=after, backward=backward).exclude(Exists(held))
