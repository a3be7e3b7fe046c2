"""The answers of several people to the same tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from labeling.models import TaskState
from labeling.selectors import annotations as annotation_reads
from quality.tracks.base import Votes
from quality.tracks.lookup import track_named

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project


def read_votes(project: Project, question: Question) -> Votes:
    """Return the submitted answers to a question, as its track reads them, of tasks that several people answered.

    Raises `Invalid` with what is said in place of the results when the track compares no people.
    """
    people: list[tuple[int, int]] = []
    submitted = annotation_reads.submitted_beside_gold(project).order_by()
    several = submitted.values("task").annotate(people=Count("pk")).filter(people__gt=1).values("task")
    found = (
        submitted.filter(task__in=several)
        .exclude(task__queue_entry__state=TaskState.QUARANTINED)
        .annotate(answer=KeyTransform(question.name, "answers"))
        .order_by("task_id", "annotator_id")
        .values_list("task_id", "annotator_id", "answer")
    )

    def loaded() -> Iterator[Any]:
        for task, person, answer in found.iterator(chunk_size=10_000):
            if answer is not None:
                people.append((task, person))
                yield question.load(answer)

    answers = track_named(question.track).read_votes(loaded(), tuple(question.class_names))
    columns = np.array(people, dtype=np.int64).reshape(len(people), 2).T
    return Votes(tasks=columns[0], people=columns[1], answers=answers)
