"""Krippendorff's alpha with its interval, and Fleiss' kappa and plain agreement beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from quality.scoring.agreement.ratings import MAX_PAIRS, Distances, Ratings, Table, counted
from quality.scoring.agreement.readings import LEAST_ITEMS_TOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from quality.learning.arrays import Doubles, Integers

TURNS = 500
MOST_CELLS = 4_000_000
"""Numbers that are held at once: turns x items, or turns x pairs."""

NOTHING = "no task has answers of two people."
ALL_THE_SAME = "all answers are the same: everybody may be right, or nobody may have looked."


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement beyond chance.

    Parameters
    ----------
    value
        At most 1; 0 is what chance would give. None where it is not defined.
    low, high
        95 % interval by drawing items anew; None where there is none.
    undefined
        Why there is no value, in words; empty where there is one.
    items, answers
        What it rests on.
    left_out
        Items that were not looked at, because their pairs of answers were too many to work out one by one.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    items: int = 0
    answers: int = 0
    left_out: int = 0


def disagreements(found: Ratings, distances: Distances) -> Doubles:
    """Return how far the answers to each item are apart: the mean distance of every two; shape (n,), in [0, 1]."""
    one, other = found.pairs
    apart = distances.between(found.values[one], found.values[other])
    total = np.bincount(found.items[one], weights=apart, minlength=found.size)
    return np.asarray(total / np.maximum(found.sizes * (found.sizes - 1) / 2, 1), dtype=np.float64)


def krippendorff(found: Ratings, distances: Distances, *, turns: int = TURNS, seed: int = 0) -> Alpha:
    """Return Krippendorff's alpha, with an interval by drawing items anew.

    It is 1 - observed / expected disagreement: the mean distance of two answers to the same item over that of any two
    answers. Items take part with all their answers, each weighing the same.

    Parameters
    ----------
    found
        The answers.
    distances
        How far two of them are apart.
    turns
        How often the items are drawn anew; 0 for no interval.
    seed
        The same seed draws the same items.

    Returns
    -------
    Alpha

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability; the interval is a bootstrap over items.
    """
    left_out = 0
    if not isinstance(distances, Table):
        found, left_out = found.first_items(MAX_PAIRS)
    if found.size == 0:
        return Alpha(undefined=NOTHING, left_out=left_out)
    apart, draws = disagreements(found, distances), np.random.default_rng(seed)
    expect: _Expected
    if isinstance(distances, Table):
        patterns, times, expect = _patterns(found, distances)
        weighed = _Weighed(patterns, times, expect)
    else:
        expect = _Drawn.of_answers(found, distances, draws)
        weighed = _Weighed(np.arange(found.size), np.ones(found.size, dtype=np.int64), expect)
    sums, sizes = (apart * found.sizes)[weighed.rows], found.sizes[weighed.rows]
    value = _values(weighed.times[None, :].astype(np.float64), sums, sizes, expect)[0]
    if np.isnan(value):
        return Alpha(undefined=ALL_THE_SAME, items=found.size, answers=found.values.size, left_out=left_out)
    low, high = _between(weighed, sums, sizes, turns if found.size >= LEAST_ITEMS_TOLD else 0, draws)
    return Alpha(float(value), low, high, "", found.size, int(found.values.size), left_out)


class _Expected(Protocol):
    """The mean distance of any two answers, when items take part so often."""

    @property
    def width(self) -> int:
        """How many numbers one turn takes."""

    def distance(self, weights: Doubles) -> Doubles:
        """Return it for each line of weights, shape (t, n) -> (t,); NaN where there are no two answers."""


@dataclass(frozen=True, slots=True)
class _Counted(_Expected):
    """From how often each answer was given."""

    counts: csr_matrix
    table: Doubles

    @property
    def width(self) -> int:
        return int(max(self.counts.shape))

    def distance(self, weights: Doubles) -> Doubles:
        given = np.asarray((self.counts.T @ weights.T).T)
        total = given.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(((given @ self.table) * given).sum(axis=1) / (total * (total - 1)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Drawn(_Expected):
    """From pairs of answers that were drawn at random."""

    one: Integers
    other: Integers
    apart: Doubles

    @classmethod
    def of_answers(cls, found: Ratings, distances: Distances, draws: np.random.Generator) -> _Drawn:
        total = found.values.size
        if total * (total - 1) // 2 <= MAX_PAIRS:
            one, other = np.triu_indices(total, k=1)
        else:
            one = draws.integers(0, total, MAX_PAIRS)
            other = (one + draws.integers(1, total, MAX_PAIRS)) % total
        apart = distances.between(found.values[one], found.values[other])
        return cls(found.items[one], found.items[other], apart)

    @property
    def width(self) -> int:
        return int(self.one.size)

    def distance(self, weights: Doubles) -> Doubles:
        both = weights[:, self.one] * weights[:, self.other]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((both @ self.apart) / both.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Items that were answered alike stand for each other: one of them, and how many they are."""

    rows: Integers
    times: Integers
    expect: _Expected


def _patterns(found: Ratings, table: Table) -> tuple[Integers, Integers, _Expected]:
    """Return one item of each pattern of answers, how many there are of it, and what is expected of them."""
    order = np.lexsort((found.values, found.items))
    values, starts = found.values[order], np.cumsum(found.sizes) - found.sizes
    rows, times = [], []
    for size in np.unique(found.sizes):
        items = np.flatnonzero(found.sizes == size)
        answers = values[starts[items][:, None] + np.arange(int(size))]
        _, first, count = np.unique(answers, axis=0, return_index=True, return_counts=True)
        rows.append(items[first])
        times.append(count)
    chosen = np.concatenate(rows)
    counts = counted(found, table.size)[chosen]
    return chosen, np.concatenate(times).astype(np.int64), _Counted(counts, table.values)


def _values(weights: Doubles, sums: Doubles, sizes: Integers, expect: _Expected) -> Doubles:
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (weights @ sums) / (weights @ sizes)
        expected = expect.distance(weights)
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _between(
    weighed: _Weighed, sums: Doubles, sizes: Integers, turns: int, draws: np.random.Generator
) -> tuple[float | None, float | None]:
    """Return the 95 % interval; None where there are no turns, or too many of them give no value."""
    at_once = max(1, MOST_CELLS // max(1, weighed.rows.size, weighed.expect.width))
    values: list[NDArray[np.float64]] = []
    for begin in range(0, turns, at_once):
        drawn = _drawn(weighed.times, min(at_once, turns - begin), draws)
        values.append(_values(drawn, sums, sizes, weighed.expect))
    taken = np.concatenate(values) if values else np.zeros(0)
    taken = taken[~np.isnan(taken)]
    if taken.size == 0 or taken.size < 0.9 * turns:
        return None, None
    low, high = np.quantile(taken, (0.025, 0.975))
    return float(low), float(high)


def _drawn(times: Integers, turns: int, draws: np.random.Generator) -> Doubles:
    """Return how often items of each pattern come when as many items as there are are drawn with return."""
    total = int(times.sum())
    if total > 4 * times.size:
        return draws.multinomial(total, times / total, size=turns).astype(np.float64)
    # With nearly as many patterns as items it is five times as fast to draw the items themselves.
    pattern = np.repeat(np.arange(times.size), times)
    counts = [np.bincount(pattern[draws.integers(0, total, total)], minlength=times.size) for _ in range(turns)]
    return np.array(counts, dtype=np.float64)


def percent(found: Ratings) -> float | None:
    """Return the share of two answers to the same item that are the same, mean over items; None without items."""
    if found.size == 0:
        return None
    one, other = found.pairs
    same = np.bincount(found.items[one], weights=found.values[one] == found.values[other], minlength=found.size)
    return float((same / (found.sizes * (found.sizes - 1) / 2)).mean())


def fleiss(found: Ratings, size: int) -> tuple[float | None, str]:
    """Return Fleiss' kappa for classes without an order, or why it is not defined.

    Parameters
    ----------
    found
        The answers.
    size
        How many different answers there are.

    Returns
    -------
    kappa, why

    References
    ----------
    Fleiss (1971), Measuring nominal scale agreement among many raters.
    """
    if found.size == 0:
        return None, NOTHING
    if found.sizes.min() != found.sizes.max():
        return None, "tasks have answers of different numbers of people."
    shares = np.bincount(found.values, minlength=size) / found.values.size
    expected, observed = float((shares**2).sum()), percent(found)
    if expected == 1 or observed is None:
        return None, ALL_THE_SAME
    return (observed - expected) / (1 - expected), ""


def by_label(found: Ratings, has: NDArray[np.bool_], *, turns: int = TURNS, seed: int = 0) -> list[Alpha]:
    """Return an alpha for each class, one against the rest.

    Parameters
    ----------
    found
        The answers.
    has
        Shape (k, c): which classes each of the different answers has.

    Returns
    -------
    list of Alpha
        Shape (c,).
    """
    table = Table(1.0 - np.eye(2))
    return [
        krippendorff(
            Ratings(found.items, found.people, has[:, label].astype(np.int64)[found.values]),
            table,
            turns=turns,
            seed=seed,
        )
        for label in range(has.shape[1])
    ]
