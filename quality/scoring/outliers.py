"""Items far from all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labeling.errors import Invalid
from quality.learning.arrays import Doubles, Floats, Integers, Mask
from quality.learning.neighbors import Neighbors, nearest

K = 10
WHISKER = 1.7
LEAST_ITEMS = 20
MOST = 0.05
"""Share of the items above which what is far is no exception."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """How far items are from their neighbors.

    Parameters
    ----------
    score
        Shape (n,), in (0, 1], low is bad: exp(-distance / usual distance).
    flagged
        Shape (n,): the mean distance to the neighbors is above `threshold`.
    distance
        Shape (n,): the mean distance to the neighbors.
    usual
        The median of the mean distances.
    threshold
        Q3 + 1.7 (Q3 - Q1) of the mean distances.
    """

    score: Doubles
    flagged: Mask
    distance: Doubles
    usual: float
    threshold: float


def find_outliers(neighbors: Neighbors) -> Outliers:
    """Find items whose mean distance to their (10) neighbors is unusually large.

    Parameters
    ----------
    neighbors
        Of all n items. With fewer than 20 items, or where all are the same, nothing is flagged.

    Returns
    -------
    Outliers
    """
    size = neighbors.rows.shape[0]
    real = np.isfinite(neighbors.distances)
    counts = real.sum(axis=1)
    total = np.where(real, neighbors.distances, 0).sum(axis=1, dtype=np.float64)
    mean = np.divide(total, counts, out=np.zeros(size), where=counts > 0)
    if size < LEAST_ITEMS:
        nothing = np.zeros(size, dtype=np.bool_)
        return Outliers(score=np.ones(size), flagged=nothing, distance=mean, usual=0.0, threshold=float("inf"))
    low, middle, high = (float(q) for q in np.quantile(mean, (0.25, 0.5, 0.75)))
    threshold = high + WHISKER * (high - low)
    scale = middle if middle > 0 else 1.0
    return Outliers(
        score=np.exp(-mean / scale),
        flagged=(mean > threshold) & (mean > 1e-6),
        distance=mean,
        usual=middle,
        threshold=threshold,
    )


def find_distinct(embedding: Floats, near: Neighbors, group: Integers, *, seed: int = 0) -> tuple[Integers, Neighbors]:
    """Take near duplicates for one item: else copies are far from nothing, and all others are far from them.

    Parameters
    ----------
    embedding
        Shape (n, d).
    near
        The neighbors of all n items.
    group
        Shape (n,): number of the group of near duplicates that an item is in, -1 for none.
    seed
        Of the search for neighbors.

    Returns
    -------
    rows
        Shape (m,): the items in no group, and the first one of each.
    neighbors
        Of these m items among each other.
    """
    grouped = np.flatnonzero(group >= 0)
    if not grouped.size:
        return np.arange(group.size), near
    _, first = np.unique(group[grouped], return_index=True)
    rows = np.sort(np.concatenate([np.flatnonzero(group < 0), grouped[first]]))
    return rows, nearest(embedding[rows], near.rows.shape[1], seed=seed)


def require_few(found: Outliers) -> None:
    """Say in words why nothing is shown where too much is far to be an exception.

    Raises
    ------
    Invalid
        When more than one item of twenty is flagged.
    """
    count, size = int(found.flagged.sum()), found.flagged.size
    if count > MOST * size:
        raise Invalid(
            f"{count:,} of {size:,} items ({count / size:.0%}) lie farther from the items nearest to them than the "
            f"usual spread explains. So many are no exceptions, so none is shown; {MOST:.0%} would be the most."
        )
