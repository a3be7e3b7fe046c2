"""Nearest neighbors by cosine distance: exact for few rows, through clusters for many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from quality.learning.arrays import Floats, Integers

EXACT_UP_TO = 20_000
BLOCK_CELLS = 20_000_000
"""Distances held at once: 80 MB."""

SEARCHED = 12
"""Clusters searched per row when there are many rows; measured recall is in the test."""


@dataclass(frozen=True, slots=True)
class Neighbors:
    """The nearest rows of each row, nearest first, never the row itself.

    Parameters
    ----------
    rows
        Shape (n, k): row numbers, -1 where there are fewer than k others.
    distances
        Shape (n, k): cosine distances in [0, 2], `inf` where `rows` is -1.
    """

    rows: Integers
    distances: Floats


def nearest(embedding: Floats, k: int, *, seed: int = 0, exact_up_to: int = EXACT_UP_TO) -> Neighbors:
    """Find the k nearest neighbors of every row among all others.

    Up to `exact_up_to` rows every pair is compared. Beyond that rows are clustered, and each is compared with the
    members of the clusters nearest to its own (an inverted file index).

    Parameters
    ----------
    embedding
        Shape (n, d) with rows of length 1. Rows of zeros are at distance 1 from everything.
    k
        Neighbors to find, 1 or more.
    seed
        Of the clustering.
    exact_up_to
        Rows from which on clusters are used.

    Returns
    -------
    Neighbors
    """
    size = embedding.shape[0]
    rows = np.full((size, k), -1, dtype=np.int64)
    distances = np.full((size, k), np.inf, dtype=np.float32)
    if size <= exact_up_to:
        everything = np.arange(size)
        _search(embedding, everything, everything, rows, distances)
        return Neighbors(rows=rows, distances=distances)
    clusters = int(np.sqrt(size))
    means = MiniBatchKMeans(clusters, n_init=1, max_iter=20, batch_size=4096, random_state=seed).fit(embedding)
    member_of = means.labels_
    members = [np.flatnonzero(member_of == cluster) for cluster in range(clusters)]
    between = means.cluster_centers_ @ means.cluster_centers_.T
    squared = np.diagonal(between)
    apart = squared[:, None] - 2 * between + squared[None, :]
    for cluster, own in enumerate(members):
        if own.size:
            near = np.argsort(apart[cluster], kind="stable")[:SEARCHED]
            # All who look for neighbors beside one another look in the same place.
            _search(embedding, own, np.sort(np.concatenate([members[other] for other in near])), rows, distances)
    return Neighbors(rows=rows, distances=distances)


def among(embedding: Floats, asking: Integers, candidates: Integers, k: int) -> Neighbors:
    """Find the k nearest of some rows among others: the nearest *labeled* items of the flagged ones, say.

    Parameters
    ----------
    embedding
        Shape (n, d) with rows of length 1.
    asking
        Shape (m,): rows to find neighbors of.
    candidates
        Shape (c,): rows to find them among; a row is never its own neighbor.
    k
        Neighbors to find.

    Returns
    -------
    Neighbors
        With m rows, in the order of `asking`.
    """
    rows = np.full((embedding.shape[0], k), -1, dtype=np.int64)
    distances = np.full((embedding.shape[0], k), np.inf, dtype=np.float32)
    _search(embedding, asking, candidates, rows, distances)
    return Neighbors(rows=rows[asking], distances=distances[asking])


def _search(embedding: Floats, asking: Integers, candidates: Integers, rows: Integers, distances: Floats) -> None:
    """Write the nearest of `candidates` into the lines of `asking`."""
    if candidates.size == 0 or asking.size == 0:
        return
    k = min(rows.shape[1], candidates.size)
    block = max(1, BLOCK_CELLS // candidates.size)
    others = embedding[candidates]
    for start in range(0, asking.size, block):
        part = asking[start : start + block]
        distance = 1 - embedding[part] @ others.T
        distance[part[:, None] == candidates[None, :]] = np.inf
        nearest_k = np.argpartition(distance, k - 1, axis=1)[:, :k] if k < candidates.size else None
        columns = np.broadcast_to(np.arange(candidates.size), distance.shape) if nearest_k is None else nearest_k
        found = np.take_along_axis(distance, columns, axis=1)
        # Nearest first, and of equally near ones the earlier row, so that runs agree.
        order = np.lexsort((columns, found), axis=1)
        columns = np.take_along_axis(columns, order, axis=1)
        found = np.take_along_axis(found, order, axis=1)
        real = np.isfinite(found)
        rows[part, :k] = np.where(real, candidates[columns], -1)
        # Rounding leaves equal rows at tiny distances on either side of zero.
        distances[part, :k] = np.where(real, np.where(found < 1e-6, 0, found), np.inf)
