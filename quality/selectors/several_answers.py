"""The answers of several people to the same tasks, as they were given before anybody else had a say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from labeling.models import Annotation, AnnotationRevision, AnnotationState, AnswerReview, ReturnState, TaskState
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import annotations as annotation_reads

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.kinds.schema import Question
    from labeling.models import Project

CHUNK = 10_000


@dataclass(slots=True)
class SeveralAnswers:
    """Answers to one question of the tasks that several people answered, one per task and person, by task.

    Parameters
    ----------
    tasks, people, values, guidelines
        For each answer: the task, the person, its position in `different`, and the version of the guideline.
    given_at
        When each was given.
    different
        The different answers, as they are stored.
    assisted
        How many answers were taken as they were before a reviewer sent them back.
    """

    tasks: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    guidelines: list[int] = field(default_factory=list)
    given_at: list[datetime] = field(default_factory=list)
    different: list[Any] = field(default_factory=list)
    assisted: int = 0
    positions: dict[str, int] = field(default_factory=dict)

    def add(self, task: int, person: int, answer: Any, guideline: int, given_at: datetime) -> None:
        """Add an answer."""
        position = self.position(answer)
        if position is None:
            position = self.positions[_key(answer)] = len(self.different)
            self.different.append(answer)
        self.tasks.append(task)
        self.people.append(person)
        self.values.append(position)
        self.guidelines.append(guideline)
        self.given_at.append(given_at)

    def position(self, answer: Any) -> int | None:
        """Return where an answer stands in `different`; None for one that nobody gives."""
        return self.positions.get(_key(answer))


def _key(answer: Any) -> str:
    return json.dumps(answer, sort_keys=True)


def _submitted(project: Project, question: Question) -> QuerySet[Annotation]:
    """Return the submitted answers to tasks that several people answered and that are not set aside.

    An adjudicator sets aside, for a question, what nobody could have answered rightly.
    """
    submitted = annotation_reads.submitted_beside_gold(project).order_by()
    several = submitted.values("task").annotate(people=Count("pk")).filter(people__gt=1).values("task")
    found = submitted.filter(task__in=several).exclude(task__queue_entry__state=TaskState.QUARANTINED)
    return found.exclude(task__in=adjudication_reads.outside_agreement(project, question.name))


def read_several(project: Project, question: Question) -> SeveralAnswers:
    """Return the answers of several people to a question.

    What a reviewer sent back with a note, and what then came back, is not what a person thought alone: the answer from
    before counts.
    """
    found = SeveralAnswers()
    before = _before_return(project)
    rows = (
        _submitted(project, question)
        .annotate(answer=KeyTransform(question.name, "answers"))
        .order_by("task_id", "annotator_id")
        .values_list("pk", "task_id", "annotator_id", "answer", "guideline_version", "updated_at")
    )
    for pk, task, person, answer, guideline, given_at in rows.iterator(chunk_size=CHUNK):
        if pk in before:
            earlier = before[pk]
            found.assisted += 1
            if question.name in earlier.answers:
                value = earlier.answers[question.name]
                found.add(task, person, value, earlier.guideline_version, earlier.created_at)
        elif answer is not None:
            found.add(task, person, answer, guideline, given_at)
    return found


def _before_return(project: Project) -> dict[int, AnnotationRevision]:
    """Return what answers said before they were sent back for the first time and came back, by answer."""
    returned = AnswerReview.objects.filter(project=project, back=ReturnState.ANSWERED)
    # Of an answer that was sent back twice the first time is read last, and stays.
    versions = dict(returned.order_by("-pk").values_list("annotation_id", "version"))
    revisions = AnnotationRevision.objects.filter(annotation_id__in=list(versions))
    return {each.annotation_id: each for each in revisions if each.number == versions[each.annotation_id]}


@dataclass(frozen=True, slots=True)
class VersionedAnswer:
    """What a person answered to a task under one version of the guideline."""

    task: int
    person: int
    answer: Any
    guideline: int


def read_by_guideline(project: Project, question: Question) -> Iterator[VersionedAnswer]:
    """Yield the last answer of each person to each task under every version of the guideline, by version.

    Only tasks with answers under two versions are of interest to whoever compares versions; all are yielded.
    """
    revisions = (
        AnnotationRevision.objects.filter(
            annotation__in=_submitted(project, question).values("pk"), state=AnnotationState.SUBMITTED
        )
        .annotate(answer=KeyTransform(question.name, "answers"))
        .order_by("annotation_id", "guideline_version", "-number")
        .distinct("annotation_id", "guideline_version")
        .values_list("annotation__task_id", "annotator_id", "answer", "guideline_version")
    )
    for task, person, answer, guideline in revisions.iterator(chunk_size=CHUNK):
        if answer is not None:
            yield VersionedAnswer(task, person, answer, guideline)


def count_new(project: Project, *, since: datetime | None, most: int) -> int:
    """Return how many answers came since then, counted up to `most`."""
    submitted = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED)
    if since is not None:
        submitted = submitted.filter(updated_at__gt=since)
    return len(submitted.order_by().values_list("pk", flat=True)[:most])
