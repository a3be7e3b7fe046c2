"""Step 5: how good the fixed model is on the confirmed test split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection

from labeling.errors import Invalid
from quality.learning import classifier, folds
from quality.scoring import gain
from quality.selectors.items import TEST
from quality.services import arrays
from quality.services.pipeline import encode, predict
from quality.services.pipeline.context import digest

if TYPE_CHECKING:
    from quality.learning.arrays import Floats, Integers
    from quality.services.pipeline.context import Context

_CORRECTIONS = """
SELECT count(*) FROM labeling_label l
WHERE l.project_id = %s AND l.question = %s AND l.source IN ('review', 'bulk') AND l.id <= %s AND l.retired_at IS NULL
  AND (SELECT e.value FROM labeling_label e
       WHERE e.task_id = l.task_id AND e.question = l.question AND e.id < l.id AND e.source NOT IN ('review', 'bulk')
       ORDER BY e.id DESC LIMIT 1) <> l.value
"""


def run(context: Context) -> None:
    """Measure the fixed model, whoever made the predictions, or say why that is not possible."""
    arrays.keep_json(context.run, "gain", None)
    if context.question.kind != "choice":
        context.unavailable("gain", "The gain is measured for questions with one label to choose.")
        return
    items = context.items
    labels = items.single()
    rows = np.flatnonzero((items.splits == TEST) & items.confirmed & (labels >= 0))
    try:
        gain.require_items(rows.size)
        plan = folds.plan(labels, items.learn, seed=context.options.seed)
        values = _values(context, labels, plan, rows)
    except Invalid as error:
        context.unavailable("gain", error.message)
        return
    context.progress(8, 10, "Measuring on the test split")
    columns = np.searchsorted(plan.classes, labels[rows])
    known = plan.classes[np.minimum(columns, plan.classes.size - 1)] == labels[rows]
    truth = np.where(known, columns, plan.classes.size + labels[rows])
    measured = gain.measure(truth, values)
    losses, hits = gain.by_item(truth, values)
    arrays.keep_arrays(context.run, "tested", losses=losses.astype("<f4"), hits=hits.astype("u1"))
    arrays.keep_json(
        context.run,
        "gain",
        {
            **asdict(measured),
            "labels": int(plan.rows.size),
            "corrections": corrections(context),
            "test_fingerprint": digest([items.tasks[rows].tolist(), labels[rows].tolist()]),
        },
    )


def _values(context: Context, labels: Integers, plan: folds.Plan, rows: Integers) -> Floats:
    """Return the fixed model's probabilities of the test split: those of step 2, unless a team's model made these."""
    found = None if context.pushed else predict.of(context)
    if found is not None:
        return found.values[rows]
    context.progress(1, 10, "Learning from all labels to predict the test split")
    return classifier.from_all(encode.of(context), labels, plan, rows, seed=context.options.seed)


def corrections(context: Context) -> int:
    """Return how many labels stand as reviewers changed them; what was taken back does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_CORRECTIONS, [context.project.pk, context.question.name, context.run.last_label])
        return int(cursor.fetchone()[0])
