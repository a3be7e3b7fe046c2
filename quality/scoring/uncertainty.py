"""How unsure the model is of an item: the higher, the more its label teaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.learning.arrays import Doubles, Floats, Mask
from quality.scoring.probabilities import SMALLEST


def least_confidence(values: Floats) -> Doubles:
    """Return 1 - max p, in [0, 1), of shape (n,) for `values` of shape (n, k)."""
    return np.asarray(1 - values.max(axis=1), dtype=np.float64)


def margin(values: Floats) -> Doubles:
    """Return 1 - (p1 - p2), in [0, 1], of shape (n,) for `values` of shape (n, k), k >= 2."""
    top = -np.partition(-values.astype(np.float64), 1, axis=1)[:, :2]
    return np.clip(1 - (top[:, 0] - top[:, 1]), 0, 1)


def entropy(values: Floats) -> Doubles:
    """Return -sum p log p / log k, in [0, 1], of shape (n,) for `values` of shape (n, k), k >= 2."""
    p = np.clip(values.astype(np.float64), SMALLEST**2, 1)
    spread = -(p * np.log(p)).sum(axis=1) / np.log(values.shape[1])
    return np.asarray(np.clip(spread, 0, 1), dtype=np.float64)


def binary_margin(values: Floats) -> Doubles:
    """Return how near to undecided the least decided of several labels is: max over k of 1 - |2 p_k - 1|."""
    return np.asarray((1 - np.abs(2 * values - 1)).max(axis=1), dtype=np.float64)


STRATEGIES = {"margin": margin, "least_confidence": least_confidence, "entropy": entropy}


@dataclass(frozen=True, slots=True)
class Order:
    """In which order open items are handed out.

    Parameters
    ----------
    priority
        Shape (n,), in [0, 1], higher first.
    random
        Shape (n,): drawn at random, not for its score; only these give unbiased estimates.
    """

    priority: Doubles
    random: Mask


def order(scores: Doubles, *, random_share: float = 0.1, seed: int = 0) -> Order:
    """Rank items by score, with a share of random draws spread evenly over the whole order.

    The random items are drawn first, so that each item is as likely as every other to be one of them; then every tenth
    place (for a share of 0.1) of the order goes to one.

    Parameters
    ----------
    scores
        Shape (n,), higher is wanted more; equal ones keep their order.
    random_share
        In [0, 1].
    seed
        Of the draw.

    Returns
    -------
    Order
    """
    size = scores.size
    drawn = np.zeros(size, dtype=np.bool_)
    count = int(np.ceil(size * random_share))
    generator = np.random.default_rng(seed)
    lottery = generator.permutation(size)[:count]
    drawn[lottery] = True
    ranked = np.flatnonzero(~drawn)[np.argsort(-scores[~drawn], kind="stable")]
    places = np.zeros(size, dtype=np.int64)
    # The i-th random item stands at the end of the i-th stretch of 1 / share places.
    random_places = np.minimum(np.floor((np.arange(count) + 1) * size / max(count, 1)).astype(np.int64) - 1, size - 1)
    places[lottery] = random_places
    places[ranked] = np.setdiff1d(np.arange(size), random_places)
    priority = 1 - places / max(size, 1)
    return Order(priority=priority.astype(np.float64), random=drawn)
