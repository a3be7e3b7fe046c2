"""Labels: the answers of record, and how they come about from annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from labeling.models import (
    Annotation,
    FlagReason,
    Label,
    LabelSource,
    QueueEntry,
    TaskState,
)
from labeling.services import flags

if TYPE_CHECKING:
    from labeling.kinds.schema import Question, Schema
    from labeling.models import Task, User
    from labeling.selectors.versions import Versions

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
        classes=question.classes(question.parse(answer.value)),
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


def settle(*, task: Task, entry: QueueEntry, schema: Schema, versions: Versions, actor: User | None) -> None:
    """Bring the labels of record in line with the annotations; to be called with `entry` locked.

    Waits for all required answers, then takes the one answer, or the consensus of several. Where people agree less
    than the project's floor, one more person is asked (up to its `max_overlap`); after that a `conflict` flag is
    raised.
    """
    counted = list(Annotation.objects.filter(task_id=task.pk, counted=True).order_by("id"))
    labels = current(task.pk)
    if counted and len(counted) >= entry.required:
        answers = {question.name: _settled(question, counted) for question in schema.questions}
        if _needs_another(task, entry, schema, answers):
            entry.required += 1
            entry.open_slots += 1
            answers = dict.fromkeys(answers)
        else:
            _mark_conflicts(task, schema, answers, people=len(counted))
    else:
        answers = dict.fromkeys(question.name for question in schema.questions)
    for question in schema.questions:
        _apply(task, question, answers[question.name], labels, versions=versions, actor=actor)
    entry.state = state_of(entry, schema=schema, labels=labels, answered=len(counted) >= entry.required)


def state_of(entry: QueueEntry, *, schema: Schema, labels: dict[str, Label], answered: bool) -> str:
    """Return where a task stands: quarantine is left only by being restored."""
    if entry.state == TaskState.QUARANTINED:
        return TaskState.QUARANTINED
    complete = all(question.name in labels for question in schema.questions if question.required)
    return TaskState.LABELED if complete and answered and labels else TaskState.TODO


def _settled(question: Question, counted: list[Annotation]) -> Answer | None:
    given = [annotation for annotation in counted if question.name in annotation.answers]
    if not given:
        return None
    guideline = min(annotation.guideline_version for annotation in given)
    if len(counted) == 1:
        return Answer(
            value=given[0].answers[question.name],
            source=LabelSource.ANNOTATION,
            annotation_id=given[0].pk,
            guideline=guideline,
        )
    parsed = [question.parse(annotation.answers[question.name]) for annotation in given]
    answer, confidence = question.consensus(parsed)
    return Answer(
        value=question.dump_answer(answer),
        source=LabelSource.CONSENSUS,
        confidence=confidence,
        guideline=guideline,
    )


def _needs_another(task: Task, entry: QueueEntry, schema: Schema, answers: dict[str, Answer | None]) -> bool:
    return entry.required < task.project.max_overlap and bool(_disputed(task, schema, answers))


def _disputed(task: Task, schema: Schema, answers: dict[str, Answer | None]) -> list[str]:
    floor = task.project.agreement_floor
    return [
        question.name
        for question in schema.questions
        if (answer := answers[question.name]) is not None
        and answer.confidence is not None
        and (answer.confidence < floor or answer.confidence == 0)
    ]


def _mark_conflicts(task: Task, schema: Schema, answers: dict[str, Answer | None], *, people: int) -> None:
    if people < 2:
        return
    disputed = _disputed(task, schema, answers)
    for question in schema.questions:
        if question.name in disputed:
            answer = answers[question.name]
            confidence = answer.confidence if answer and answer.confidence is not None else 0.0
            flags.put(
                task=task,
                reason=FlagReason.CONFLICT,
                question=question.name,
                score=confidence,
                evidence={"people": people, "agreement": confidence},
            )
        else:
            flags.drop(task=task, reason=FlagReason.CONFLICT, question=question.name)


def _apply(
    task: Task,
    question: Question,
    answer: Answer | None,
    labels: dict[str, Label],
    *,
    versions: Versions,
    actor: User | None,
) -> None:
    old = labels.get(question.name)
    if answer is None:
        if old is not None and RANK[old.source] == RANK[LabelSource.ANNOTATION]:
            del labels[question.name]
            retire(old)
            if before := _before_people(task, question.name):
                fallback = Answer(value=before.value, source=LabelSource(before.source), confidence=before.confidence)
                labels[question.name] = write(
                    task=task, question=question, answer=fallback, schema_version=before.schema_version,
                    actor=before.created_by, old=None,
                )  # fmt: skip
        return
    if old is not None and (RANK[old.source] > RANK[answer.source] or _same(old, answer)):
        return
    labels[question.name] = write(
        task=task, question=question, answer=answer, schema_version=versions.schema, actor=actor, old=old
    )


def _same(old: Label, answer: Answer) -> bool:
    return (
        old.value == answer.value
        and old.source == answer.source
        and old.confidence == answer.confidence
        and old.annotation_id == answer.annotation_id
    )


def _before_people(task: Task, question: str) -> Label | None:
    """Return what stood before people answered: taking an answer back puts it in force again."""
    return (
        Label.objects.filter(task_id=task.pk, question=question, source__in=(LabelSource.IMPORT, LabelSource.MODEL))
        .select_related("created_by")
        .order_by("-id")
        .first()
    )
