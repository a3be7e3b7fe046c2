"""Step 2: class probabilities of every task, by a model that did not learn from its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import Invalid
from quality.learning import classifier, folds
from quality.learning.limits import LEAST_PER_CLASS
from quality.scoring import probabilities
from quality.scoring.options import KINDS
from quality.selectors import pushed
from quality.services import arrays
from quality.services.pipeline import encode

if TYPE_CHECKING:
    from quality.learning.arrays import Floats, Integers, Mask
    from quality.services.pipeline.context import Context

NOT_FOR_KIND = (
    "Predictions and label errors are there for questions with labels to choose from. For a {kind} question, items "
    "that are odd, alike or hard to see are found all the same."
)


@dataclass(frozen=True, slots=True)
class Predicted:
    """Probabilities of some of the items.

    Parameters
    ----------
    rows
        Shape (m,): which items were predicted.
    values
        Shape (m, k).
    classes
        Shape (k,): the class of each column, as a position among the question's class names.
    """

    rows: Integers
    values: Floats
    classes: Integers


def run(context: Context) -> None:
    """Predict every task, or say why that is not possible."""
    arrays.keep_arrays(context.run, "predicted", rows=np.zeros(0, dtype=np.int64))
    if context.question.kind not in KINDS:
        context.unavailable("predictions", NOT_FOR_KIND.format(kind=context.question.kind))
        return
    try:
        found = _from_team(context) if context.pushed else _from_fixed_model(context)
        found = _with_signal(context, found)
    except Invalid as error:
        context.unavailable("predictions", error.message)
        return
    arrays.keep_arrays(context.run, "predicted", rows=found.rows, values=found.values, classes=found.classes)


def of(context: Context) -> Predicted | None:
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
    tasks, values, names = pushed.probabilities(context.pushed)
    positions = {name: position for position, name in enumerate(context.question.class_names)}
    classes = np.array([positions[name] for name in names], dtype=np.int64)
    known = np.isin(tasks, context.items.tasks)
    rows = np.searchsorted(context.items.tasks, tasks[known])
    checked = probabilities.checked(
        values[known],
        rows=int(known.sum()),
        classes=classes.size,
        exclusive=context.question.kind == "choice",
    )
    order = np.argsort(rows)
    return Predicted(rows=rows[order], values=checked[order], classes=classes)


def _from_fixed_model(context: Context) -> Predicted:
    items, seed = context.items, context.options.seed
    features = encode.of(context)
    if context.question.kind == "choice":
        labels = items.single()
        plan = folds.plan(labels, items.learn, seed=seed)
        if plan.scarce.size:
            _say_scarce(context, plan.scarce)
        found = classifier.out_of_fold(features, labels, plan, seed=seed, progress=context.progress)
        return Predicted(rows=np.arange(items.size), values=found.values, classes=found.classes)
    has, classes = items.several()
    found = classifier.one_vs_rest(features, has, items.learn & items.labeled, seed=seed, progress=context.progress)
    learned = classes[found.classes]
    if learned.size < classes.size:
        _say_scarce(context, np.setdiff1d(classes, learned))
    return Predicted(rows=np.arange(items.size), values=found.values, classes=learned)


def _say_scarce(context: Context, classes: Integers) -> None:
    names = [context.question.class_names[position] for position in classes[:5]]
    shown = ", ".join(names) + (" …" if classes.size > 5 else "")
    context.note(
        scarce=[context.question.class_names[position] for position in classes[:100]],
        scarce_note=f"{classes.size:,} {'class has' if classes.size == 1 else 'classes have'} fewer than "
        f"{LEAST_PER_CLASS} labels to learn from and {'is' if classes.size == 1 else 'are'} left out: {shown}",
    )


def judged(context: Context, found: Predicted) -> tuple[Mask, Integers]:
    """Return which of the predicted rows have one given class among the columns, and that column (-1 elsewhere)."""
    single = context.items.single()[found.rows]
    order = np.argsort(found.classes)
    place = np.searchsorted(found.classes, single, sorter=order)
    columns = order[np.minimum(place, found.classes.size - 1)]
    known = (single >= 0) & (found.classes[columns] == single)
    return known, np.where(known, columns, -1)


def _with_signal(context: Context, found: Predicted) -> Predicted:
    """Return the predictions that say more than the shares of the classes do; refuse, in words, when none do."""
    if context.question.kind == "choice":
        known, columns = judged(context, found)
        if not known.any():
            raise Invalid("None of the predicted tasks has a label yet to compare the prediction with.")
        signal = probabilities.require_signal(columns[known], found.values[known])
        context.note(
            signal={
                "accuracy": signal.accuracy,
                "baseline_accuracy": signal.baseline_accuracy,
                "log_loss": signal.log_loss,
                "baseline_log_loss": signal.baseline_log_loss,
                "labels": int(known.sum()),
            }
        )
        return found
    has, classes = context.items.several()
    known = context.items.labeled[found.rows]
    telling = []
    for column, position in enumerate(found.classes):
        at = np.flatnonzero(classes == position)
        truth = has[found.rows, at[0]][known] if at.size else np.zeros(int(known.sum()), dtype=np.bool_)
        p = found.values[known, column]
        if truth.any() and not truth.all():
            binary = np.stack([1 - p, p], axis=1)
            if probabilities.signal(truth.astype(np.int64), binary).present:
                telling.append(column)
    if not telling:
        raise Invalid(
            "The model is no better than always giving each label as often as it occurs. Its suggestions would mean "
            "nothing, so none are made. More labels, clearer items or a better encoder can change that."
        )
    context.note(signal={"labels_learned": len(telling), "labels": int(known.sum())})
    return Predicted(rows=found.rows, values=found.values[:, telling], classes=found.classes[telling])
