"""Step 2: class probabilities of every task, by a model that did not learn from its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from quality.learning.limits import LEAST_PER_CLASS
from quality.selectors import pushed as pushed_reads
from quality.services import arrays
from quality.services.pipeline import encode
from quality.tracks.base import Predicted

if TYPE_CHECKING:
    from quality.learning.arrays import Integers
    from quality.services.pipeline.context import Context

NOT_FOR_KIND = (
    "Predictions and label errors are there for questions with labels to choose from. For a {kind} question, items "
    "that are odd, alike or hard to see are found all the same."
)


def run_predict(context: Context) -> None:
    """Predict every task, or say why that is not possible."""
    arrays.keep_arrays(context.run, "predicted", rows=np.zeros(0, dtype=np.int64))
    if not context.question.track:
        context.unavailable("predictions", NOT_FOR_KIND.format(kind=context.question.kind))
        return
    try:
        found = _from_team(context) if context.pushed else _from_fixed_model(context)
        found, signal = context.track.require_signal(encode.case(context), found)
    except Invalid as error:
        context.unavailable("predictions", error.message)
        return
    context.note(signal=signal)
    arrays.keep_arrays(context.run, "predicted", rows=found.rows, values=found.values, classes=found.classes)


def predictions_for(context: Context) -> Predicted | None:
    """Return what the step found, None where there is nothing that can be used."""
    stored = arrays.kept_arrays(context.run, "predicted")
    return None if stored is None or "values" not in stored else Predicted(**stored)


def _from_team(context: Context) -> Predicted:
    if context.pushed is None:
        message = "no predictions were sent"
        raise LookupError(message)
    if not context.pushed.out_of_fold:
        raise Invalid(
            f"The predictions of “{context.pushed.name}” are not out of fold: their model may have learned from the "
            "very labels it would be asked about. Send out-of-fold ones, or switch this model off."
        )
    tasks, values, names = pushed_reads.probabilities(context.pushed)
    positions = {name: position for position, name in enumerate(context.question.class_names)}
    classes = np.array([positions[name] for name in names], dtype=np.int64)
    known = np.isin(tasks, context.items.tasks)
    rows = np.searchsorted(context.items.tasks, tasks[known])
    checked = context.track.check(values[known], rows=int(known.sum()), classes=classes.size)
    order = np.argsort(rows)
    return Predicted(rows=rows[order], values=checked[order], classes=classes)


def _from_fixed_model(context: Context) -> Predicted:
    found, scarce = context.track.predict(encode.case(context))
    if scarce.size:
        _say_scarce(context, scarce)
    return found


def _say_scarce(context: Context, classes: Integers) -> None:
    names = [context.question.class_names[position] for position in classes[:5]]
    shown = ", ".join(names) + (" …" if classes.size > 5 else "")
    context.note(
        scarce=[context.question.class_names[position] for position in classes[:100]],
        scarce_note=f"{classes.size:,} {'class has' if classes.size == 1 else 'classes have'} fewer than "
        f"{LEAST_PER_CLASS} labels to learn from and {'is' if classes.size == 1 else 'are'} left out: {shown}",
    )
