"""In which order open items are handed out: those whose labels teach most come first, and a tenth at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.learning.arrays import Doubles, Floats, Integers, Mask
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
    count = draws(size, random_share)
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


def draws(size: int, random_share: float) -> int:
    """Return how many of so many items are drawn at random."""
    return int(np.ceil(size * random_share))


def wishes(scores: Doubles) -> Doubles:
    """Return how early each item is wanted, by rank: 1 for the highest score, down to 1 / n.

    Ranks of several questions compare where their scores do not: a question that the model is unsure about everywhere
    would otherwise have all its items before those of the others.

    Parameters
    ----------
    scores
        Shape (n,), higher is wanted more; equal ones keep their order.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    ranks = np.zeros(scores.size, dtype=np.float64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(scores.size)
    return np.asarray(1 - ranks / max(scores.size, 1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Combined:
    """One order of open items from the wishes of several questions.

    Parameters
    ----------
    priority
        Shape (n,), in [0, 1], higher first.
    random
        Shape (n,): drawn at random; no question's wish has had a say in its place.
    winner
        Shape (n,): the question whose wish decided, where the item is neither drawn nor of the test split.
    """

    priority: Doubles
    random: Mask
    winner: Integers


def combine(wanted: Doubles, testing: Mask, *, random_share: float = 0.1, seed: int = 0) -> Combined:
    """Make one order of what several questions wish.

    The highest wish of an item decides. The lots are drawn once per item and not once per question, before any wish is
    looked at, and take every tenth place of the *combined* order. Drawn per question they would not stay random:
    another question could move an item that this one drew, up because its model is unsure about it or down because it
    is sure, and what is left of the draw would be what the models wanted; and the wishes, each the highest of several,
    would crowd the draws out of the front of the queue. The test split stands in random order throughout.

    Parameters
    ----------
    wanted
        Shape (n, q): what each question wishes, from `wishes`; NaN where it says nothing about an item.
    testing
        Shape (n,): items of the test split.
    random_share, seed
        As for `order`.

    Returns
    -------
    Combined
    """
    size = testing.size
    known = np.where(np.isnan(wanted), -1.0, wanted)
    ranked = order(known[~testing].max(axis=1, initial=-1.0), random_share=random_share, seed=seed)
    priority = np.random.default_rng(seed).random(size)
    priority[~testing] = ranked.priority
    drawn = np.zeros(size, dtype=np.bool_)
    drawn[~testing] = ranked.random
    winner = known.argmax(axis=1) if known.shape[1] else np.zeros(size, dtype=np.int64)
    return Combined(priority=priority, random=drawn, winner=winner.astype(np.int64))
