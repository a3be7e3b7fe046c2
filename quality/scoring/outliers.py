"""Items far from all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.learning.arrays import Doubles, Mask
from quality.learning.neighbors import Neighbors

K = 10
WHISKER = 1.7
LEAST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Outliers:
    """How far items are from their neighbors.

    Parameters
    ----------
    score
        Shape (n,), in (0, 1], low is bad: exp(-distance / median distance).
    flagged
        Shape (n,): the mean distance to the neighbors is above `threshold`.
    threshold
        Q3 + 1.7 (Q3 - Q1) of the mean distances.
    """

    score: Doubles
    flagged: Mask
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
        return Outliers(score=np.ones(size), flagged=np.zeros(size, dtype=np.bool_), threshold=float("inf"))
    low, middle, high = (float(q) for q in np.quantile(mean, (0.25, 0.5, 0.75)))
    threshold = high + WHISKER * (high - low)
    scale = middle if middle > 0 else 1.0
    return Outliers(score=np.exp(-mean / scale), flagged=(mean > threshold) & (mean > 1e-6), threshold=threshold)
