"""One task to adjudicate: its answers side by side, without the names of those who gave them until it is decided."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, Count, FloatField
from django.utils.crypto import salted_hmac

from labeling.models import Adjudication, Annotation, AnnotationState, Comment, Label, LabelSource, Sided, SkipReason
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import guidelines as guideline_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.adjudications.standing import standing
from labeling.selectors.reviews.votes import Said, votes_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.kinds.schema import Question, Schema
    from labeling.models import Project, Task, User
    from labeling.selectors.explorer import Chip
    from labeling.selectors.guidelines import LabelPart

LEAST_SEVERAL = 2
RUSHED_MS = 2_000
RUSHED_SHARE = 1 / 3
LEAST_FOR_A_MEDIAN = 20
"""From so many answers on it is known how long a person takes."""
MOST_PARTS = 6
_ORDER = "labeling.adjudications.order"


class Median(Aggregate):
    """The middle value."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An answer that counts for a question, and where it comes from."""

    annotation_id: int
    version: int
    answer: Any


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What one person answered; `person` is empty until it is decided."""

    number: int
    person: User | None
    chips: list[Chip]
    answer: str
    """As JSON; empty: they did not answer."""
    key: str
    skipped: str
    remarks: list[str]
    rushed: bool
    seconds: float
    guideline: int
    at: datetime

    @property
    def name(self) -> str:
        """What to call the person: `Person 1`, until it is decided."""
        return str(self.person) if self.person else f"Person {self.number}"


@dataclass(slots=True)
class AdjudicationCard:
    """A task's answers to a question, and what became of them."""

    task: Task
    question: Question
    people: list[SideBySide]
    agreement: float
    seen: str
    """The answers that are shown, with their versions, as JSON."""
    label: tuple[list[Chip], str] | None
    """The label of record, and where it comes from."""
    decision: Adjudication | None
    parts: list[LabelPart] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What to call the task."""
        return self.task.external_id or f"task {self.task.pk}"


@dataclass(frozen=True, slots=True)
class Revealed:
    """An adjudicator's last decision, and who had said what."""

    decision: Adjudication
    question: Question | None
    votes: str

    @property
    def name(self) -> str:
        """What to call the task."""
        return self.decision.task.external_id or f"task {self.decision.task_id}"

    @property
    def words(self) -> str:
        """What was decided: the label, or the verdict."""
        if self.decision.label is None or self.question is None:
            return self.decision.get_verdict_display().lower()
        return self.question.describe(self.question.load(self.decision.label.value)) or "no label"


def last_decision(project: Project, person: User) -> Revealed | None:
    """Return what the person decided last, with the names of those who had answered."""
    found = Adjudication.objects.filter(project=project, decided_by=person, taken_back_at=None)
    last = found.select_related("task", "label", "act").order_by("-pk").first()
    if last is None:
        return None
    question = version_reads.schema(project.pk).question(last.question)
    said = Annotation.objects.filter(
        task=last.task_id, state=AnnotationState.SUBMITTED, answers__has_key=last.question
    ).select_related("annotator")
    people = [
        Said(str(each.annotator), explorer_reads.chips_of(question, each.answers[last.question]), each.updated_at)
        for each in said.order_by("pk")
    ]
    return Revealed(last, question, votes_in_words(people) if people else "")


def answers_given(task_id: int, question: str) -> list[AnswerGiven]:
    """Return the submitted answers to a question of a task, in no person's order of interest."""
    found = Annotation.objects.filter(
        task_id=task_id, state=AnnotationState.SUBMITTED, answers__has_key=question
    ).order_by("pk")
    return [AnswerGiven(each.pk, each.version, each.answers[question]) for each in found]


def agreement_between(question: Question, answers: Sequence[Any]) -> float:
    """Return 1 - the mean distance of every two loaded answers."""
    apart = [question.distance(one, other) for one, other in combinations(answers, 2)]
    return min(1.0, max(0.0, 1 - sum(apart) / len(apart))) if apart else 1.0


def side_of(question: Question, answers: Sequence[Any], decided: Any) -> Sided:
    """Return with whom a decided answer sides; most people are more than said anything else."""
    groups: list[tuple[Any, int]] = []
    for answer in answers:
        at = next((place for place, (other, _) in enumerate(groups) if question.same(other, answer)), None)
        if at is None:
            groups.append((answer, 1))
        else:
            groups[at] = (groups[at][0], groups[at][1] + 1)
    mine = next((count for answer, count in groups if question.same(answer, decided)), 0)
    if not mine:
        return Sided.NOBODY
    others = [count for answer, count in groups if not question.same(answer, decided)]
    return Sided.MAJORITY if mine > max(others, default=0) else Sided.SOMEBODY


def card_for_adjudication(project: Project, task: Task, question: Question, schema: Schema) -> AdjudicationCard:
    """Return what an adjudicator sees of a task: names alone once it is decided."""
    decision = standing(project, question.name).filter(task=task).select_related("decided_by", "label").first()
    people = _side_by_side(project, task, question, named=decision is not None)
    given = answers_given(task.pk, question.name)
    label = Label.objects.filter(task=task, question=question.name, retired_at=None).first()
    guideline = guideline_reads.newest(project)
    known = guideline_reads.parts(schema, guideline.entries if guideline else ())
    classes = {name for each in given for name in question.classes(question.load(each.answer))}
    return AdjudicationCard(
        task=task,
        question=question,
        people=people,
        agreement=agreement_between(question, [question.load(each.answer) for each in given]),
        seen=seen_answers(given),
        label=(explorer_reads.chips_of(question, label.value), LabelSource(label.source).of(label.people))
        if label
        else None,
        decision=decision,
        parts=[
            part
            for about in known
            for part in about.labels
            if part.question == question.name and part.name in classes and not part.is_empty
        ][:MOST_PARTS],
    )


def seen_answers(given: Iterable[AnswerGiven]) -> str:
    """Return which answers were seen, in which version, as JSON."""
    return json.dumps([[each.annotation_id, each.version] for each in given])


def _side_by_side(project: Project, task: Task, question: Question, *, named: bool) -> list[SideBySide]:
    said = Annotation.objects.filter(task=task, state__in=(AnnotationState.SUBMITTED, AnnotationState.SKIPPED))
    annotations = sorted(
        said.select_related("annotator"),
        key=lambda each: salted_hmac(_ORDER, f"{task.pk}:{question.name}:{each.annotator_id}").hexdigest(),
    )
    medians = _medians(project, [each.annotator_id for each in annotations])
    remarks: dict[int, list[str]] = {}
    for comment in Comment.objects.filter(task=task).order_by("pk"):
        remarks.setdefault(comment.author_id, []).append(comment.body)
    found, keys = [], iter("123456789")
    for number, each in enumerate(annotations, start=1):
        answered = each.state == AnnotationState.SUBMITTED and question.name in each.answers
        value = each.answers.get(question.name)
        found.append(
            SideBySide(
                number=number,
                person=each.annotator if named else None,
                chips=explorer_reads.chips_of(question, value) if answered else [],
                answer=json.dumps(value) if answered else "",
                key=next(keys, "") if answered else "",
                skipped=_skip_in_words(each),
                remarks=remarks.get(each.annotator_id, []),
                rushed=is_rushed(each.lead_time_ms, medians.get(each.annotator_id)),
                seconds=each.lead_time_ms / 1000,
                guideline=each.guideline_version,
                at=each.updated_at,
            )
        )
    return found


def _skip_in_words(annotation: Annotation) -> str:
    if annotation.state != AnnotationState.SKIPPED:
        return ""
    return SkipReason(annotation.skip_reason or SkipReason.OTHER).label


def is_rushed(lead_time_ms: int, median_ms: float | None) -> bool:
    """Return whether an answer came in under two seconds and under a third of the time that its person mostly takes."""
    if median_ms is None or lead_time_ms <= 0:
        return False
    return lead_time_ms < RUSHED_MS and lead_time_ms < median_ms * RUSHED_SHARE


def _medians(project: Project, people: Sequence[int]) -> dict[int, float]:
    """Return how long people mostly take for an answer in the project, where that is known."""
    timed = Annotation.objects.filter(project=project, annotator__in=people, lead_time_ms__gt=0)
    rows = timed.order_by().values("annotator").annotate(median=Median("lead_time_ms"), timed=Count("pk"))
    return {row["annotator"]: row["median"] for row in rows if row["timed"] >= LEAST_FOR_A_MEDIAN}
