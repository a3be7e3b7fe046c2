"""How good the fixed model is on the labels of the test split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labeling.errors import Invalid
from labeling.scoring.intervals import wilson
from quality.learning.arrays import Doubles, Floats, Integers, Mask
from quality.scoring.probabilities import SMALLEST

RESAMPLES = 1000
TELLING = 0.1
"""Half width of the accuracy's interval above which a test split is too small to tell."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A model's result on a test split, each number with its 95 % interval.

    Parameters
    ----------
    items
        Size of the test split.
    accuracy, accuracy_interval
        Share of items whose most probable class is the true one (Wilson).
    macro_f1, macro_f1_interval
        Mean F1 over the classes that occur, truly or as predicted (bootstrap over items).
    log_loss, log_loss_interval
        Mean negative logarithm of the probability of the true class, at most 13.8 per item (bootstrap over items).
    telling
        False when the interval is too wide to see a gain of less than 10 points.
    """

    items: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    log_loss: float
    log_loss_interval: tuple[float, float]
    telling: bool


def measure(truth: Integers, values: Floats, *, seed: int = 0) -> Gain:
    """Measure predictions against the labels of the test split.

    Parameters
    ----------
    truth
        Shape (n,): columns of `values`, or any other number for a class that the model does not know: always wrong.
    values
        Shape (n, k), checked, from a model that has not seen these items.
    seed
        Of the bootstrap.

    Returns
    -------
    Gain

    Raises
    ------
    Invalid
        Without items.
    """
    size = truth.size
    require_items(size)
    columns = values.shape[1]
    losses, right = by_item(truth, values)
    truth = np.where((truth >= 0) & (truth < columns), truth, columns + np.abs(truth))
    predicted = values.argmax(axis=1)
    hits = int(right.sum())
    interval = wilson(hits, size)
    generator = np.random.default_rng(seed)
    names, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    true_codes, predicted_codes = codes[:size], codes[size:]
    f1s, means = np.empty(RESAMPLES), np.empty(RESAMPLES)
    for turn in range(RESAMPLES):
        rows = generator.integers(size, size=size)
        f1s[turn] = _macro_f1(true_codes[rows], predicted_codes[rows], names.size)
        means[turn] = losses[rows].mean()
    return Gain(
        items=size,
        accuracy=hits / size,
        accuracy_interval=interval,
        macro_f1=_macro_f1(true_codes, predicted_codes, names.size),
        macro_f1_interval=_middle(f1s),
        log_loss=float(losses.mean()),
        log_loss_interval=_middle(means),
        telling=(interval[1] - interval[0]) / 2 <= TELLING,
    )


def by_item(truth: Integers, values: Floats) -> tuple[Doubles, Mask]:
    """Return the log-loss of each item, and whether it was predicted right.

    Parameters
    ----------
    truth, values
        As for `measure`.

    Returns
    -------
    losses, hits
        Shape (n,) each.
    """
    known = (truth >= 0) & (truth < values.shape[1])
    column = np.where(known, truth, 0)
    probability = np.where(known, values[np.arange(truth.size), column], 0).astype(np.float64)
    return -np.log(np.clip(probability, SMALLEST, 1)), known & (values.argmax(axis=1) == column)


def require_items(count: int) -> None:
    """Say in words what is missing when no item of the test split has a label that could be measured on."""
    if count == 0:
        raise Invalid(
            "No item of the test split has a confirmed label. Put items into the test split and let a reviewer decide "
            "their labels, or two people answer them; then every check shows how good the data has become."
        )


def _macro_f1(truth: Integers, predicted: Integers, classes: int) -> float:
    given = np.bincount(truth, minlength=classes)
    said = np.bincount(predicted, minlength=classes)
    both = np.bincount(truth[truth == predicted], minlength=classes)
    occurring = (given + said) > 0
    return float((2 * both[occurring] / (given + said)[occurring]).mean())


def _middle(values: Doubles) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
