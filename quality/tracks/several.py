"""Answers that are a set of classes: each class judged by a yes-or-no model of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from labeling.errors import Invalid
from labeling.reasons.label_error import LABEL_ERROR
from labeling.scoring.intervals import wilson
from quality.learning import classifier
from quality.learning.arrays import Doubles, Floats, Integers, Mask
from quality.scoring import multi_label, probabilities, queue
from quality.tracks.base import Case, Errors, Finding, Predicted, Track
from quality.tracks.items import Items


def class_sets(items: Items) -> tuple[Mask, Integers]:
    """Return which classes each item has, shape (n, c), and the class position of each of the c columns."""
    classes = np.unique(items.codes)
    has = np.zeros((items.size, classes.size), dtype=np.bool_)
    rows = np.repeat(np.arange(items.size), np.diff(items.starts))
    has[rows, np.searchsorted(classes, items.codes)] = True
    return has, classes


class Several(Track):
    """Any number of classes per answer."""

    name = "several"
    many = True

    def check(self, values: Floats, *, rows: int, classes: int) -> Floats:
        """Return the probabilities, if each is one; rows need not sum to 1."""
        return probabilities.checked(values, rows=rows, classes=classes, exclusive=False)

    def predict(self, case: Case) -> tuple[Predicted, Integers]:
        """Predict class by class."""
        items = case.items
        features = case.features()
        has, classes = class_sets(items)
        found = classifier.one_vs_rest(
            features, has, items.learn & items.labeled, seed=case.seed, progress=case.progress
        )
        learned = classes[found.classes]
        scarce = np.setdiff1d(classes, learned)
        return Predicted(rows=np.arange(items.size), values=found.values, classes=learned), scarce

    def require_signal(self, case: Case, found: Predicted) -> tuple[Predicted, dict[str, Any]]:
        """Return the predictions of the classes that their models say something about."""
        has, classes = class_sets(case.items)
        known = case.items.labeled[found.rows]
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
                "The model is no better than always giving each label as often as it occurs. Its suggestions would "
                "mean nothing, so none are made. More labels, clearer items or a better encoder can change that."
            )
        told = Predicted(rows=found.rows, values=found.values[:, telling], classes=found.classes[telling])
        return told, {"labels_learned": len(telling), "labels": int(known.sum())}

    def find_errors(self, case: Case, found: Predicted) -> Errors:
        """Find sets that lack a class, or have one too much."""
        has, classes = class_sets(case.items)
        lines = np.flatnonzero(case.items.labeled[found.rows])
        at = np.searchsorted(classes, found.classes)
        if (classes[np.minimum(at, classes.size - 1)] != found.classes).any():
            raise Invalid("The predictions are about labels that no task has been given yet.")
        truth = has[found.rows[lines]][:, at]
        errors = multi_label.find_multi_label_errors(truth, found.values[lines], filter_by=case.filter_by)
        quality = np.full(found.rows.size, np.nan, dtype=np.float32)
        quality[lines] = errors.quality
        count, flagged = int(lines.size), int(errors.flagged.sum())
        findings, suggested = [], {}
        for item in np.flatnonzero(errors.flagged).tolist():
            line = int(lines[item])
            # Labels that could not be learned stay as they were given.
            kept = {int(code) for code in classes[has[found.rows[line]]]} - {int(code) for code in found.classes}
            suggested[line] = sorted(kept | {int(code) for code in found.classes[errors.suggested[item]]})
            findings.append(_error(case, found, errors, truth[item], item, line, suggested[line]))
        return Errors(
            quality=quality,
            findings=findings,
            suggested=suggested,
            notes={
                "label_errors": {
                    "items": count,
                    "flagged": flagged,
                    "rate": flagged / max(count, 1),
                    "interval": list(wilson(flagged, count)),
                }
            },
        )

    def read_line(self, values: Floats, classes: Integers) -> tuple[list[int], float]:
        """Return the classes that are more probable than not, with the probability of the least sure decision."""
        return [int(code) for code in classes[values > 0.5]], float(np.maximum(values, 1 - values).min())

    def unsure(self, case: Case, values: Floats) -> Doubles:
        """Return how near to undecided the least decided class is, whatever the strategy."""
        return queue.binary_margin(values)


def _error(
    case: Case,
    found: Predicted,
    errors: multi_label.MultiLabelErrors,
    truth: Mask,
    item: int,
    line: int,
    codes: list[int],
) -> Finding:
    missing = [case.names[int(code)] for code in found.classes[errors.suggested[item] & ~truth]]
    extra = [case.names[int(code)] for code in found.classes[~errors.suggested[item] & truth]]
    return Finding(
        line=line,
        reason=LABEL_ERROR,
        score=float(errors.quality[item]),
        details={
            "suggested": [case.names[code] for code in codes],
            "missing": tuple(missing),
            "extra": tuple(extra),
            "probability": float(np.abs(found.values[line][errors.wrong[item]] - truth[errors.wrong[item]]).max()),
        },
    )
