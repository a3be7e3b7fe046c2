"""Whether class probabilities can be used, and whether they say anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labeling.errors import Invalid, Problem
from quality.learning.arrays import Doubles, Floats, Integers, Mask

SUM_TOLERANCE = 0.01
SMALLEST = 1e-6
"""Probabilities below this count as this much where their logarithm is taken."""

Z_95_ONE_SIDED = 1.645
LEAST_COMPARED = 10
LEAST_GAIN = 0.01
"""Share of the baseline's log-loss that must be gained: of identical items every difference is certain, and nothing."""


def checked(values: Floats | Doubles, *, rows: int, classes: int, exclusive: bool = True) -> Floats:
    """Return probabilities that can be used, or say in words why they cannot.

    cleanlab takes NaN and rows that do not sum to 1 without a word, so this comes first.

    Parameters
    ----------
    values
        Expected shape (rows, classes).
    exclusive
        Each item has exactly one class, so that rows must sum to 1 (within 0.01; they are then scaled to do so).

    Returns
    -------
    ndarray of float32, shape (rows, classes)

    Raises
    ------
    Invalid
        For another shape, for NaN, for values outside [0, 1] and for rows that do not sum to 1; names the first row.
    """
    if values.ndim != 2 or values.shape != (rows, classes):
        raise _wrong(f"Expected {rows:,} rows of {classes:,} probabilities, found the shape {values.shape}.")
    exact = np.asarray(values, dtype=np.float64)
    _refuse(np.asarray(~np.isfinite(exact)), "has a probability that is no finite number")
    _refuse((exact < 0) | (exact > 1 + 1e-6), "has a probability outside 0 to 1")
    if exclusive and rows:
        sums = exact.sum(axis=1)
        _refuse(np.abs(sums - 1)[:, None] > SUM_TOLERANCE, "does not sum to 1")
        exact = exact / sums[:, None]
    return exact.astype(np.float32)


def _refuse(wrong: Mask, what: str) -> None:
    rows = np.unique(np.nonzero(wrong)[0])
    if rows.size:
        more = f" ({rows.size:,} rows in all)" if rows.size > 1 else ""
        raise _wrong(f"Row {rows[0] + 1:,} {what}{more}.", row=int(rows[0]) + 1)


def _wrong(message: str, *, row: int | None = None) -> Invalid:
    return Invalid(message, problems=(Problem("probabilities", message, row=row),))


@dataclass(frozen=True, slots=True)
class Signal:
    """How a model compares with one that has learned nothing but the shares of the classes.

    Parameters
    ----------
    accuracy, baseline_accuracy
        Share of items where the most probable class is the given one, and the share of the largest class.
    log_loss, baseline_log_loss
        Mean negative logarithm of the probability of the given class, of the model and of the class shares.
    present
        Whether the model is better beyond chance in either respect.
    """

    accuracy: float
    baseline_accuracy: float
    log_loss: float
    baseline_log_loss: float
    present: bool


def signal(labels: Integers, values: Floats) -> Signal:
    """Compare out-of-sample probabilities with the majority class.

    Without signal every flag would be noise: on random probabilities confident learning flags most items. Accuracy is
    compared item by item (McNemar's test, one-sided at 5 %). Where one class is far larger than all others accuracy
    can hardly rise, so a lower log-loss (paired z-test) counts as well.

    Parameters
    ----------
    labels
        Shape (n,): columns of `values`.
    values
        Shape (n, k), checked.

    Returns
    -------
    Signal

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions.
    """
    shares = np.bincount(labels, minlength=values.shape[1]) / labels.size
    hit = values.argmax(axis=1) == labels
    base_hit = labels == shares.argmax()
    loss = -np.log(np.clip(values[np.arange(labels.size), labels].astype(np.float64), SMALLEST, 1))
    base_loss = -np.log(shares[labels])
    better, worse = int((hit & ~base_hit).sum()), int((~hit & base_hit).sum())
    more_hits = better > worse and (better - worse) / np.sqrt(better + worse) > Z_95_ONE_SIDED
    gain = base_loss - loss
    error = float(gain.std() / np.sqrt(labels.size))
    less_loss = gain.mean() > max(Z_95_ONE_SIDED * error, LEAST_GAIN * base_loss.mean())
    enough = labels.size >= LEAST_COMPARED
    return Signal(
        accuracy=float(hit.mean()),
        baseline_accuracy=float(shares.max()),
        log_loss=float(loss.mean()),
        baseline_log_loss=float(base_loss.mean()),
        present=bool(enough and (more_hits or less_loss)),
    )


def require_signal(labels: Integers, values: Floats) -> Signal:
    """Return the comparison, or say in words that the model's suggestions would mean nothing.

    Raises
    ------
    Invalid
        When the model is no better than the majority class.
    """
    found = signal(labels, values)
    if not found.present:
        raise Invalid(
            f"The model is no better than always answering the most common class: it agrees with {found.accuracy:.0%} "
            f"of {labels.size:,} labels, that would agree with {found.baseline_accuracy:.0%}. Its suggestions would "
            "mean nothing, so none are made. More labels, clearer items or a better encoder can change that."
        )
    return found
