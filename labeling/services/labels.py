"""Labels: the answers of record, and how they come about from annotations."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from labeling.models import Label, LabelSource, TaskState
from labeling.reasons.conflict import CONFLICT, ConflictEvidence
from labeling.services import flags

if TYPE_CHECKING:
    from labeling.kinds.schema import Question, Schema
    from labeling.models import Task, User

RANK: dict[str, int] = {
    LabelSource.IMPORT: 1,
    LabelSource.MODEL: 1,
    LabelSource.ANNOTATION: 2,
    LabelSource.CONSENSUS: 2,
    LabelSource.BULK: 3,
    LabelSource.REVIEW: 3,
}
"""A label is replaced by one of the same or a higher rank only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of record that is about to be written."""

    value: Any
    source: LabelSource
    confidence: float | None = None
    annotation_id: int | None = None
    guideline: int = 0


NO_CONSENSUS = Answer(value=None, source=LabelSource.CONSENSUS, confidence=0.0)
"""What people's answers amount to where they are tied: nothing to write."""


@dataclass(slots=True)
class Slots:
    """A task's queue entry while it is locked: how many people it needs and how far it is."""

    required: int
    open_slots: int
    state: str


class Standing(Protocol):
    """A queue entry, or what was read of one."""

    state: str


@dataclass(frozen=True, slots=True)
class Given:
    """A person's counted answers to a task."""

    annotation_id: int
    answers: Mapping[str, Any]
    guideline: int


@dataclass(frozen=True, slots=True)
class OfRecord:
    """A label of record that settling may replace."""

    pk: int
    value: Any
    source: str
    confidence: float | None
    annotation_id: int | None


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to be written, with the columns of its table."""

    question: str
    value: Any
    classes: list[str]
    source: str
    confidence: float | None
    annotation_id: int | None
    created_by_id: int | None
    schema_version: int
    guideline_version: int


@dataclass(slots=True)
class Settlement:
    """What settling leads to: labels to retire and to write, and how far people agree by question."""

    retired: list[int] = field(default_factory=list)
    written: list[NewLabel] = field(default_factory=list)
    people: int = 0
    agreement: dict[str, float | None] = field(default_factory=dict)
    """By question; None where nothing is in dispute. Empty while answers are still missing."""


def current(task_id: int) -> dict[str, Label]:
    """Return the labels of record of a task by question."""
    return {label.question: label for label in Label.objects.filter(task_id=task_id, retired_at__isnull=True)}


def write(
    *, task: Task, question: Question, answer: Answer, schema_version: int, actor: User | None, old: Label | None
) -> Label:
    """Write a label and retire the one it replaces; to be called with the task's queue entry locked."""
    now = timezone.now()
    if old is not None:
        retire(old)
    return Label.objects.create(
        task_id=task.pk,
        project_id=task.project_id,
        question=question.name,
        value=answer.value,
        classes=question.classes(question.load(answer.value)),
        source=answer.source,
        confidence=answer.confidence,
        annotation_id=answer.annotation_id,
        created_by=actor,
        schema_version=schema_version,
        guideline_version=answer.guideline,
        created_at=now,
    )


def retire(label: Label) -> None:
    """End a label's time as the answer of record."""
    label.retired_at = timezone.now()
    label.save(update_fields=("retired_at",))


def settle(
    *,
    task: Task,
    slots: Slots,
    schema: Schema,
    schema_version: int,
    actor: User | None,
    counted: Sequence[Given],
    current: Mapping[str, OfRecord],
) -> Settlement:
    """Say how the labels of record follow from the counted answers, and bring `slots` up to date; writes nothing.

    Waits for all required answers, then takes the one answer, or the consensus of several. Where people agree less
    than the project's floor, one more person is asked (up to its `max_overlap`); after that the questions in dispute
    are named in `Settlement.agreement`.
    """
    settlement = Settlement(people=len(counted))
    answers: dict[str, Answer | None] = dict.fromkeys(question.name for question in schema.questions)
    if counted and len(counted) >= slots.required:
        found = {question.name: _settled(question, counted) for question in schema.questions}
        disputed = _disputed(task, found)
        if disputed and slots.required < task.project.max_overlap:
            slots.required += 1
            slots.open_slots += 1
        else:
            answers = found
            settlement.agreement = {name: disputed.get(name) for name in found}
    standing = set(current)
    for question in schema.questions:
        old, answer = current.get(question.name), answers[question.name]
        if answer is None:
            new = _fallback(task, question, old)
            gone = old is not None and RANK[old.source] == RANK[LabelSource.ANNOTATION]
        elif answer is NO_CONSENSUS:
            new, gone = None, old is not None and RANK[old.source] <= RANK[LabelSource.CONSENSUS]
        else:
            gone = old is None or not (RANK[old.source] > RANK[answer.source] or _same(old, answer))
            new = _new(question, answer, schema_version=schema_version, actor=actor) if gone else None
        if gone and old is not None:
            settlement.retired.append(old.pk)
            standing.discard(question.name)
        if new is not None:
            settlement.written.append(new)
            standing.add(question.name)
    slots.state = state_of(slots, schema=schema, labels=standing, answered=len(counted) >= slots.required)
    return settlement


def state_of(entry: Standing, *, schema: Schema, labels: Collection[str], answered: bool) -> str:
    """Return where a task stands: quarantine is left only by being restored."""
    if entry.state == TaskState.QUARANTINED:
        return TaskState.QUARANTINED
    complete = all(question.name in labels for question in schema.questions if question.required)
    return TaskState.LABELED if complete and answered and labels else TaskState.TODO


def mark_conflicts(*, task: Task, settlement: Settlement, flagged: Container[tuple[str, str]]) -> None:
    """Flag the questions that people still disagree about, and drop the flags (`flagged`) of those they do not."""
    if settlement.people < 2:
        return
    for question, agreement in settlement.agreement.items():
        if agreement is not None:
            flags.put(
                task=task,
                reason=CONFLICT,
                question=question,
                score=agreement,
                evidence=ConflictEvidence(people=settlement.people, agreement=agreement),
            )
        elif (CONFLICT.name, question) in flagged:
            flags.drop(task=task, reason=CONFLICT, question=question)


def _settled(question: Question, counted: Sequence[Given]) -> Answer | None:
    given = [annotation for annotation in counted if question.name in annotation.answers]
    if not given:
        return None
    guideline = min(annotation.guideline for annotation in given)
    if len(counted) == 1:
        return Answer(
            value=given[0].answers[question.name],
            source=LabelSource.ANNOTATION,
            annotation_id=given[0].annotation_id,
            guideline=guideline,
        )
    agreed = question.consensus([question.load(annotation.answers[question.name]) for annotation in given])
    if agreed is None:
        return NO_CONSENSUS
    answer, confidence = agreed
    return Answer(
        value=question.dump_answer(answer),
        source=LabelSource.CONSENSUS,
        confidence=confidence,
        guideline=guideline,
    )


def _disputed(task: Task, answers: Mapping[str, Answer | None]) -> dict[str, float]:
    floor = task.project.agreement_floor
    return {
        name: answer.confidence
        for name, answer in answers.items()
        if answer is not None
        and answer.confidence is not None
        and (answer is NO_CONSENSUS or answer.confidence < floor)
    }


def _new(question: Question, answer: Answer, *, schema_version: int, actor: User | None) -> NewLabel:
    return NewLabel(
        question=question.name,
        value=answer.value,
        classes=question.classes(question.load(answer.value)),
        source=answer.source,
        confidence=answer.confidence,
        annotation_id=answer.annotation_id,
        created_by_id=actor.pk if actor else None,
        schema_version=schema_version,
        guideline_version=answer.guideline,
    )


def _same(old: OfRecord, answer: Answer) -> bool:
    return (
        old.value == answer.value
        and old.source == answer.source
        and old.confidence == answer.confidence
        and old.annotation_id == answer.annotation_id
    )


def _fallback(task: Task, question: Question, old: OfRecord | None) -> NewLabel | None:
    """Return what stood before people answered: taking the answer back puts it in force again."""
    if old is None or RANK[old.source] != RANK[LabelSource.ANNOTATION]:
        return None
    before = (
        Label.objects.filter(
            task_id=task.pk, question=question.name, source__in=(LabelSource.IMPORT, LabelSource.MODEL)
        )
        .order_by("-id")
        .first()
    )
    if before is None:
        return None
    return NewLabel(
        question=question.name,
        value=before.value,
        classes=before.classes,
        source=before.source,
        confidence=before.confidence,
        annotation_id=None,
        created_by_id=before.created_by_id,
        schema_version=before.schema_version,
        guideline_version=before.guideline_version,
    )
