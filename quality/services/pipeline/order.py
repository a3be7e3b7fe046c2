"""Step 4: how early each open task is wanted. The queue is made of what all questions wish, see `queueing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from labeling.models import QueueEntry, TaskState
from quality.scoring import queue
from quality.services import arrays
from quality.services.pipeline import encode, predict

if TYPE_CHECKING:
    from quality.services.pipeline.context import Context

# No class is named: what a model guesses must not sway the person who answers.
UNSURE = "The model is unsure about this one"
BETWEEN = "The model is fairly sure about this one"
SURE = "The model is sure about this one, so it comes late"

KEPT = "scores"
"""As what the scores are kept until the run is complete."""


def run_order(context: Context) -> None:
    """Score the open tasks, and keep the scores until the run is complete."""
    arrays.keep_json(context.run, KEPT, None)
    found = predict.predictions_for(context)
    if found is None:
        context.unavailable("queue", "Without predictions the queue keeps the order it has.")
        return
    waiting = set(
        QueueEntry.objects.filter(project=context.project, open_slots__gt=0)
        .exclude(state=TaskState.QUARANTINED)
        .values_list("task_id", flat=True)
    )
    tasks = context.items.tasks[found.rows]
    lines = np.flatnonzero(np.isin(tasks, np.fromiter(waiting, dtype=np.int64, count=len(waiting))))
    values = found.values[lines]
    try:
        unsure = context.track.unsure(encode.case(context), values)
    except Invalid as error:
        context.unavailable("queue", error.message)
        return
    scores = [
        (task, round(wish, 6), UNSURE if margin >= 0.5 else BETWEEN if margin >= 0.2 else SURE)
        for task, wish, margin in zip(
            tasks[lines].tolist(), queue.wishes(unsure).tolist(), unsure.tolist(), strict=True
        )
    ]
    ranked = int(context.items.learn[found.rows[lines]].sum())
    context.note(queue={"ranked": ranked, "random": queue.draws(ranked, context.options.random_share)})
    arrays.keep_json(context.run, KEPT, scores)
