"""Step 4: in which order open tasks are handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labeling.models import QueueEntry, TaskState
from quality.scoring import uncertainty
from quality.selectors.items import TEST
from quality.services import arrays
from quality.services.pipeline import predict

if TYPE_CHECKING:
    from quality.services.pipeline.context import Context

# No class is named: what a model guesses must not sway the person who answers.
RANDOM = "Drawn at random, so that estimates stay honest"
UNSURE = "The model is unsure about this one"
BETWEEN = "The model is fairly sure about this one"
SURE = "The model is sure about this one, so it comes late"
TESTING = "Of the test split: in random order, never chosen by the model"


def run(context: Context) -> None:
    """Work out the places of open tasks, and keep them until the run is complete."""
    found = predict.of(context)
    if found is None:
        context.unavailable("queue", "Without predictions the queue keeps the order it has.")
        arrays.keep_json(context.run, "places", [])
        return
    waiting = set(
        QueueEntry.objects.filter(project=context.project, open_slots__gt=0)
        .exclude(state=TaskState.QUARANTINED)
        .values_list("task_id", flat=True)
    )
    tasks = context.items.tasks[found.rows]
    lines = np.flatnonzero(np.isin(tasks, np.fromiter(waiting, dtype=np.int64, count=len(waiting))))
    values = found.values[lines]
    if context.question.kind == "multi_choice":
        scores = uncertainty.binary_margin(values)
    else:
        scores = uncertainty.STRATEGIES[context.options.strategy](values)
    seed = context.options.seed + context.run.pk
    testing = context.items.splits[found.rows[lines]] == TEST
    ranked = uncertainty.order(scores[~testing], random_share=context.options.random_share, seed=seed)
    priority = np.random.default_rng(seed).random(lines.size)
    priority[~testing] = ranked.priority
    drawn = np.zeros(lines.size, dtype=np.bool_)
    drawn[~testing] = ranked.random
    places = []
    for position, line in enumerate(lines.tolist()):
        score = float(scores[position])
        if testing[position]:
            reason = TESTING
        elif drawn[position]:
            reason = RANDOM
        else:
            reason = UNSURE if score >= 0.5 else BETWEEN if score >= 0.2 else SURE
        places.append((int(tasks[line]), round(float(priority[position]), 6), reason))
    context.note(queue={"ranked": int((~testing).sum()), "random": int(drawn.sum())})
    arrays.keep_json(context.run, "places", places)
