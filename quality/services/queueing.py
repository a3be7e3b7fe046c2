"""The order of a project's queue, made of what the runs of all its questions wish."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from labeling.models import Split
from labeling.selectors import queues as queue_reads
from labeling.selectors import versions as version_reads
from labeling.services import queue
from quality.models import Run
from quality.scoring.queue import combine

if TYPE_CHECKING:
    from labeling.models import Project

RANDOM = "Drawn at random, so that estimates stay honest"
TESTING = "Of the test split: in random order, never chosen by the model"


def order_queue(project: Project, *, random_share: float, seed: int, progress: Callable[[int, int], None]) -> None:
    """Give the open tasks the places that all questions together wish for them.

    Of each task the highest wish decides, and its reason is shown. A tenth of the tasks (`random_share`) is drawn once
    for all questions and stands at every tenth place whatever the questions wish: `scoring.queue.combine` says why.
    `progress` is told how many places there are, and how many of them are written.

    The same scores and seed give the same order. Where another run ended meanwhile, its scores are taken in, too: the
    batches of two runs that order the queue at once could otherwise leave a mixture behind.
    """
    complete = Run.objects.filter(project=project, completed_at__isnull=False)
    looked_at = None
    while looked_at != (ended := complete.count()):
        looked_at = ended
        places = _places(project, random_share=random_share, seed=seed)
        queue.reorder(project=project, places=places, after_batch=partial(progress, len(places)))


def _places(project: Project, *, random_share: float, seed: int) -> list[tuple[int, float, str]]:
    columns = {question.name: place for place, question in enumerate(version_reads.schema(project.pk).questions)}
    tasks: list[int] = []
    testing: list[bool] = []
    found: list[tuple[int, int, float]] = []
    reasons: dict[tuple[int, int], str] = {}
    for task, split, question, score, reason in queue_reads.scores(project):
        if question not in columns:
            continue
        if not tasks or tasks[-1] != task:
            tasks.append(task)
            testing.append(split == Split.TEST)
        found.append((len(tasks) - 1, columns[question], score))
        reasons[len(tasks) - 1, columns[question]] = reason
    wanted = np.full((len(tasks), len(columns)), np.nan)
    for row, column, score in found:
        wanted[row, column] = score
    made = combine(wanted, np.array(testing, dtype=np.bool_), random_share=random_share, seed=seed)
    return [
        (
            task,
            round(float(made.priority[row]), 6),
            TESTING if testing[row] else RANDOM if made.random[row] else reasons[row, int(made.winner[row])],
        )
        for row, task in enumerate(tasks)
    ]
