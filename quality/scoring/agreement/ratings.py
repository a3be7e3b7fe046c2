"""Answers of several people to the same items as numbers, and how far two answers are apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from quality.learning.arrays import Doubles, Integers

MAX_PAIRS = 200_000
"""Pairs of answers whose distance is worked out one by one; items beyond it are left out whole."""


class Distances(Protocol):
    """How far two different answers are apart: 0 for the same, at most 1, the same in both directions."""

    @property
    def size(self) -> int:
        """How many different answers there are."""

    def between(self, one: Integers, other: Integers) -> Doubles:
        """Return the distance of each pair of answers, given by their positions; shape (p,)."""


@dataclass(frozen=True, slots=True)
class Table:
    """Distances that are known for every two answers.

    Parameters
    ----------
    values
        Shape (k, k), symmetric, 0 on the diagonal.
    """

    values: Doubles

    @property
    def size(self) -> int:
        """How many different answers there are."""
        return int(self.values.shape[0])

    def between(self, one: Integers, other: Integers) -> Doubles:
        """Return the distance of each pair of answers."""
        return np.asarray(self.values[one, other], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Computed:
    """Distances of answers that are too many for a table, such as texts: worked out when they are asked for.

    Parameters
    ----------
    size
        How many different answers there are.
    distance
        Takes the positions of two answers.
    """

    size: int
    distance: Callable[[int, int], float]

    def between(self, one: Integers, other: Integers) -> Doubles:
        """Return the distance of each pair of answers."""
        pairs = zip(one.tolist(), other.tolist(), strict=True)
        return np.fromiter((self.distance(a, b) for a, b in pairs), dtype=np.float64, count=one.size)


def nominal(size: int) -> Table:
    """Return the distance of classes without an order: 0 for the same, 1 for another."""
    return Table(1.0 - np.eye(size))


def ordinal(given: Integers) -> Table:
    """Return the distance of ranks, which depends on how often each was given, scaled to at most 1.

    Parameters
    ----------
    given
        Shape (k,): how often each rank was given, from the lowest to the highest.

    Returns
    -------
    Table

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    upto = np.cumsum(given, dtype=np.float64)
    # Of two ranks: all that was given from one to the other, the two themselves by half.
    middle = upto - given / 2
    return _scaled((middle[:, None] - middle[None, :]) ** 2)


def interval(values: Doubles) -> Table:
    """Return the squared difference of numbers, scaled to at most 1; `values` has shape (k,)."""
    return _scaled((values[:, None] - values[None, :]) ** 2)


def ratio(values: Doubles) -> Table:
    """Return the squared relative difference of numbers of 0 or more; `values` has shape (k,)."""
    total = values[:, None] + values[None, :]
    return Table(np.where(total > 0, (values[:, None] - values[None, :]) / np.where(total > 0, total, 1), 0.0) ** 2)


def _scaled(squares: Doubles) -> Table:
    top = squares.max(initial=0.0)
    return Table(squares / top if top > 0 else squares)


@dataclass(frozen=True)
class Ratings:
    """Answers of several people to items that at least two of them answered.

    Parameters
    ----------
    items
        Shape (v,): position of the item, from 0 without gaps, in order.
    people
        Shape (v,): position of the person; one answer per item and person, in order within an item.
    values
        Shape (v,): position of the answer among the different answers.
    """

    items: Integers
    people: Integers
    values: Integers

    @property
    def size(self) -> int:
        """How many items there are."""
        return int(self.items[-1]) + 1 if self.items.size else 0

    @cached_property
    def sizes(self) -> Integers:
        """Shape (n,): answers of each item."""
        return np.bincount(self.items, minlength=self.size)

    @cached_property
    def pairs(self) -> tuple[Integers, Integers]:
        """Every two answers to the same item, as positions among the answers, the earlier first; each shape (p,)."""
        starts = np.cumsum(self.sizes) - self.sizes
        ones, others = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for size in np.unique(self.sizes):
            one, other = np.triu_indices(int(size), k=1)
            begin = starts[self.sizes == size][:, None]
            ones.append((begin + one).ravel())
            others.append((begin + other).ravel())
        one, other = np.concatenate(ones), np.concatenate(others)
        order = np.argsort(one, kind="stable")
        return one[order], other[order]

    def only(self, kept: NDArray[np.bool_]) -> Ratings:
        """Return these answers alone, of items that still have two."""
        return ratings(self.items[kept], self.people[kept], self.values[kept])

    def first_items(self, pairs: int) -> tuple[Ratings, int]:
        """Return the first items whose pairs of answers are not more than this many, and how many were left out."""
        upto = np.cumsum(self.sizes * (self.sizes - 1) // 2)
        kept = int(np.searchsorted(upto, pairs, side="right"))
        if kept >= self.size:
            return self, 0
        return self.only(self.items < kept), self.size - kept


def ratings(items: Integers, people: Integers, values: Integers) -> Ratings:
    """Return answers in order, without those of items that only one person answered.

    Parameters
    ----------
    items, people, values
        Shape (v,): as in `Ratings`, in any order, with gaps.

    Returns
    -------
    Ratings
    """
    order = np.lexsort((people, items))
    items, people, values = items[order], people[order], values[order]
    _, at, counts = np.unique(items, return_inverse=True, return_counts=True)
    paired = counts[at] > 1
    _, again = np.unique(at[paired], return_inverse=True)
    return Ratings(items=again.astype(np.int64), people=people[paired], values=values[paired])


def counted(found: Ratings, size: int) -> csr_matrix:
    """Return how often each item was given each answer; shape (n, size)."""
    ones = np.ones(found.values.size)
    return csr_matrix((ones, (found.items, found.values)), shape=(found.size, size))
