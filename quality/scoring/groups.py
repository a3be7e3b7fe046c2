"""Groups of similar items on which the model does worse than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans

from labeling.scoring.intervals import wilson
from quality.learning.arrays import Floats, Integers, Mask

LEAST_MEMBERS = 15
MAX_GROUPS = 25
MANY_ROWS = 20_000
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Group:
    """A group of similar items that the model does worse on.

    Parameters
    ----------
    rows
        Its members, those nearest to its center first.
    agreement
        Share of its labels that the model agrees with out of sample.
    interval
        Interval of that share, widened for the number of groups looked at.
    """

    rows: Integers
    agreement: float
    interval: tuple[float, float]


def underperforming(embedding: Floats, agrees: Mask, *, seed: int = 0) -> list[Group]:
    """Find groups whose labels and predictions disagree clearly more often than elsewhere.

    Items are clustered (k-means, about 50 per cluster, at most 25 clusters). A cluster counts when the upper end of
    its interval (Wilson, Bonferroni-corrected 95 %) lies below the share over all items.

    Parameters
    ----------
    embedding
        Shape (n, d) of labeled items.
    agrees
        Shape (n,): the most probable class is the given one.
    seed
        Of the clustering.

    Returns
    -------
    list of Group
        Worst first; empty where there are too few items or none stands out.
    """
    size = embedding.shape[0]
    clusters = min(MAX_GROUPS, size // 50)
    if clusters < 2 or np.unique(embedding[:MANY_ROWS], axis=0).shape[0] < clusters:
        return []
    kind = MiniBatchKMeans if size > MANY_ROWS else KMeans
    means = kind(clusters, n_init=1, random_state=seed).fit(embedding)
    overall = float(agrees.mean())
    z = NormalDist().inv_cdf(1 - ALPHA / (2 * clusters))
    found = []
    for cluster in range(clusters):
        rows = np.flatnonzero(means.labels_ == cluster)
        if rows.size < LEAST_MEMBERS:
            continue
        hits = int(agrees[rows].sum())
        interval = wilson(hits, rows.size, z=z)
        if interval[1] < overall:
            apart = np.linalg.norm(embedding[rows] - means.cluster_centers_[cluster], axis=1)
            found.append(
                Group(rows=rows[np.argsort(apart, kind="stable")], agreement=hits / rows.size, interval=interval)
            )
    return sorted(found, key=lambda group: group.agreement)
