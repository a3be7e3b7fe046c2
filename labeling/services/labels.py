"""Labels: the answers of record, and how they come about from annotations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from labeling.models import Flag, Label, LabelSource, TaskState, Verdict
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

CAME_WITH = [str(source) for source in (LabelSource.IMPORT, LabelSource.MODEL)]
"""Where labels come from that were there before anybody answered."""


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """An answer of record that is about to be written."""

    value: Any
    source: LabelSource
    confidence: float | None = None
    annotation_id: int | None = None
    guideline: int = 0
    people: int | None = None
    method: str = ""


@dataclass(slots=True)
class Slots:
    """A task's queue entry while it is locked: how many people it needs and how far it is."""

    required: int
    open_slots: int
    state: str


class HasState(Protocol):
    """A queue entry, or what was read of one."""

    state: str


@dataclass(frozen=True, slots=True)
class CountedAnswers:
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
    method: str = ""


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
    people: int | None
    method: str = ""


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
    *, task: Task, question: Question, answer: RecordAnswer, schema_version: int, actor: User | None, old: Label | None
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
    author: int | None,
    counted: Sequence[CountedAnswers],
    current: Mapping[str, OfRecord],
    earlier: Mapping[str, NewLabel],
    is_anybody_left: Callable[[], bool],
    ruled: Mapping[str, str],
    told: Mapping[str, RecordAnswer | None] = MappingProxyType({}),
) -> Settlement:
    """Say how the labels of record follow from the counted answers, and bring `slots` up to date; writes nothing.

    Waits for all required answers, then takes the one answer, or the consensus of several. Where people are tied, or
    agree less than the project's floor, one more person is asked (up to its `max_overlap`, and while anybody is left to
    ask); after that the question is in dispute: it has no label until a reviewer decides, and `Settlement.agreement`
    says how far people agree.

    Parameters
    ----------
    author
        The person who gave the answer where it is one person's alone.
    current
        The labels of record, by question.
    earlier
        The labels that came with the task and that people's answers have replaced, by question: they are in force
        again while answers are missing.
    is_anybody_left
        Tells whether anybody could be asked; called where people are in dispute alone.
    ruled
        The questions that an adjudicator left without a label, with the `Verdict`: no answer changes anything there.
    told
        What several answers amount to by another method than the kind's own rule, by question; None: nothing.
    """
    settlement = Settlement(people=len(counted))
    answers: dict[str, RecordAnswer | None] = dict.fromkeys(question.name for question in schema.questions)
    disputed: dict[str, float] = {}
    if counted and len(counted) >= slots.required:
        settled = {question.name: _settled(question, counted) for question in schema.questions}
        settled |= {name: _told(answer) for name, answer in told.items() if name in settled}
        disputed = _disputed(settled, task.project.agreement_floor)
        disputed = {name: agreement for name, agreement in disputed.items() if name not in ruled}
        if disputed and slots.required < task.project.max_overlap and is_anybody_left():
            slots.required += 1
            slots.open_slots += 1
            disputed = {}
        else:
            answers = {name: one.answer for name, one in settled.items()}
            settlement.agreement = {name: disputed.get(name) for name in settled}
    standing = set(current)
    for question in schema.questions:
        if question.name in ruled:
            continue
        old, answer, new = current.get(question.name), answers[question.name], None
        replaceable = old is None or RANK[old.source] <= RANK[LabelSource.CONSENSUS]
        if question.name in disputed:
            gone = replaceable
        elif answer is not None:
            gone = replaceable and not (old is not None and _same(old, answer))
            new = _new(question, answer, schema_version=schema_version, author=author) if gone else None
        else:
            gone = old is None or RANK[old.source] == RANK[LabelSource.CONSENSUS]
            new = earlier.get(question.name) if gone else None
        if gone and old is not None:
            settlement.retired.append(old.pk)
            standing.discard(question.name)
        if new is not None:
            settlement.written.append(new)
            standing.add(question.name)
    answered = len(counted) >= slots.required
    standing |= {name for name, verdict in ruled.items() if verdict == Verdict.SEVERAL}
    waits_for = {*disputed, *ruled}
    slots.state = state_of(slots, schema=schema, labels=standing, answered=answered, disputed=waits_for)
    return settlement


def state_of(
    entry: HasState, *, schema: Schema, labels: Collection[str], answered: bool, disputed: Collection[str]
) -> str:
    """Return where a task stands; quarantine is left only by being restored.

    Parameters
    ----------
    labels
        The questions that have a label of record.
    answered
        Whether everybody who is asked has answered.
    disputed
        The questions that people disagreed about; without a label they still wait for a reviewer.
    """
    if entry.state == TaskState.QUARANTINED:
        return TaskState.QUARANTINED
    if not answered:
        return TaskState.TODO
    if any(question.name in disputed and question.name not in labels for question in schema.questions):
        return TaskState.DISPUTED
    complete = all(question.name in labels for question in schema.questions if question.required)
    return TaskState.LABELED if complete and labels else TaskState.TODO


def disputed_questions(task_ids: Collection[int]) -> defaultdict[int, set[str]]:
    """Return the questions of tasks that people were found to disagree about, decided since or not."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    flagged = Flag.objects.filter(task_id__in=task_ids, reason=CONFLICT.name)
    for task_id, question in flagged.values_list("task_id", "question"):
        found[task_id].add(question)
    return found


def mark_conflicts(*, task: Task, settlement: Settlement, flagged: Container[tuple[str, str]]) -> None:
    """Flag the questions that people still disagree about, and drop the flags (`flagged`) of those they do not."""
    if settlement.people < 2:
        return
    for question, agreement in settlement.agreement.items():
        if agreement is not None:
            flags.put_flag(
                task=task,
                reason=CONFLICT,
                question=question,
                score=agreement,
                evidence=ConflictEvidence(people=settlement.people, agreement=agreement),
            )
        elif (CONFLICT.name, question) in flagged:
            flags.drop_flag(task=task, reason=CONFLICT, question=question)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What the answers to one question amount to (None: no answer), and how far the people agree."""

    answer: RecordAnswer | None = None
    agreement: float = 1.0


def _settled(question: Question, counted: Sequence[CountedAnswers]) -> _Settled:
    given = [annotation for annotation in counted if question.name in annotation.answers]
    if not given:
        return _Settled()
    guideline = min(annotation.guideline for annotation in given)
    if len(counted) == 1:
        answer = RecordAnswer(
            value=given[0].answers[question.name],
            source=LabelSource.ANNOTATION,
            annotation_id=given[0].annotation_id,
            guideline=guideline,
            people=1,
        )
        return _Settled(answer)
    agreed = question.consensus([question.load(annotation.answers[question.name]) for annotation in given])
    if agreed is None:
        return _Settled(agreement=0.0)
    value, confidence = agreed
    answer = RecordAnswer(
        value=question.dump_answer(value),
        source=LabelSource.CONSENSUS,
        confidence=confidence,
        guideline=guideline,
        people=len(given),
    )
    return _Settled(answer, confidence)


def _told(answer: RecordAnswer | None) -> _Settled:
    if answer is None:
        return _Settled(agreement=0.0)
    return _Settled(answer, 1.0 if answer.confidence is None else answer.confidence)


def _disputed(settled: Mapping[str, _Settled], floor: float) -> dict[str, float]:
    return {name: one.agreement for name, one in settled.items() if one.agreement == 0 or one.agreement < floor}


def disagreements(schema: Schema, counted: Sequence[CountedAnswers], *, floor: float) -> dict[str, float]:
    """Return the questions whose answers agree less than a floor (0 to 1), or not at all, with how far they agree."""
    return _disputed({question.name: _settled(question, counted) for question in schema.questions}, floor)


def _new(question: Question, answer: RecordAnswer, *, schema_version: int, author: int | None) -> NewLabel:
    return NewLabel(
        question=question.name,
        value=answer.value,
        classes=question.classes(question.load(answer.value)),
        source=answer.source,
        confidence=answer.confidence,
        annotation_id=answer.annotation_id,
        # What several people agree on has no author.
        created_by_id=author if answer.source != LabelSource.CONSENSUS else None,
        schema_version=schema_version,
        guideline_version=answer.guideline,
        people=answer.people,
        method=answer.method,
    )


def _same(old: OfRecord, answer: RecordAnswer) -> bool:
    return (
        old.value == answer.value
        and old.source == answer.source
        and old.confidence == answer.confidence
        and old.annotation_id == answer.annotation_id
        and old.method == answer.method
    )
