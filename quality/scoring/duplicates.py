"""Items that are there twice, or nearly."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.fft import dctn
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from quality.learning.arrays import Doubles, Integers, Mask
from quality.learning.neighbors import Neighbors

NEAR = 0.13
"""Share of the median nearest distance below which two items are candidates (as in Datalab)."""

SAME_WORDS = 0.8
SHINGLE = 5
HASH_BITS_APART = 14

Alike = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Which items are the same, or nearly.

    Parameters
    ----------
    group
        Shape (n,): number of the group of duplicates the item is in, -1 for none.
    closeness
        Shape (n,), in [0, 1], low is bad: 0 for an exact copy, up to 1 at the threshold; 1 outside all groups.
    exact
        Shape (n,): another item has exactly the same content.
    """

    group: Integers
    closeness: Doubles
    exact: Mask


def find_duplicates(neighbors: Neighbors, contents: Sequence[str], alike: Alike) -> Duplicates:
    """Find groups of duplicates.

    Two items belong together when their content is equal, or when they are near neighbors (closer than 0.13 x the
    median nearest distance) *and* `alike` confirms it. The median is taken over items without such a twin: in data
    full of duplicates it would shrink to nothing.

    Parameters
    ----------
    neighbors
        Of all n items.
    contents
        n hashes of what items show; equal means exactly the same.
    alike
        Whether two rows are alike in themselves, whatever their embedding says (see `texts_alike`, `images_alike`).

    Returns
    -------
    Duplicates
    """
    size = neighbors.rows.shape[0]
    _, content = np.unique(np.asarray(contents, dtype=np.str_), return_inverse=True)
    counts = np.bincount(content, minlength=1) if size else np.zeros(0, dtype=np.int64)
    exact = counts[content] > 1 if size else np.zeros(0, dtype=np.bool_)

    left, right, distances = _pairs(neighbors)
    same = content[left] == content[right]
    confirmed = same.copy()
    limit = NEAR * _usual(neighbors, left, right, same)
    for position in np.flatnonzero(~same & (distances < limit)):
        confirmed[position] = alike(int(left[position]), int(right[position]))
    left, right, distances = left[confirmed], right[confirmed], distances[confirmed]

    first = np.full(counts.size, -1, dtype=np.int64)
    rows = np.arange(size)
    first[content[::-1]] = rows[::-1]
    links = np.concatenate([np.stack([left, right]), np.stack([rows, first[content]])], axis=1)
    graph = coo_matrix((np.ones(links.shape[1], dtype=np.int8), (links[0], links[1])), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    members = np.bincount(component, minlength=1)
    grouped = members[component] > 1 if size else np.zeros(0, dtype=np.bool_)
    group = np.full(size, -1, dtype=np.int64)
    group[grouped] = np.unique(component[grouped], return_inverse=True)[1]

    closeness = np.ones(size)
    relative = distances / limit if limit > 0 else np.zeros_like(distances)
    for side in (left, right):
        np.minimum.at(closeness, side, np.clip(relative, 0, 1))
    closeness[exact] = 0
    return Duplicates(group=group, closeness=closeness, exact=exact)


def _pairs(neighbors: Neighbors) -> tuple[Integers, Integers, Doubles]:
    """Return every pair of neighbors once, the smaller row first."""
    size, k = neighbors.rows.shape
    own = np.repeat(np.arange(size), k)
    other = neighbors.rows.ravel()
    real = other >= 0
    low, high = np.minimum(own, other)[real], np.maximum(own, other)[real]
    distances = neighbors.distances.ravel()[real].astype(np.float64)
    _, once = np.unique(low * np.int64(max(size, 1)) + high, return_index=True)
    return low[once], high[once], distances[once]


def _usual(neighbors: Neighbors, left: Integers, right: Integers, same: Mask) -> float:
    """Return the median nearest distance of items that have no exact copy; of all their neighbors if that is 0."""
    copied = np.zeros(neighbors.rows.shape[0], dtype=np.bool_)
    copied[left[same]] = copied[right[same]] = True
    for distances in (neighbors.distances[~copied, :1], neighbors.distances):
        usable = distances[np.isfinite(distances) & (distances > 1e-6)]
        if usable.size:
            return float(np.median(usable))
    return 0.0


_SPACE = re.compile(r"\s+")


def shingles(text: str) -> frozenset[str]:
    """Return the runs of 5 characters in a text, whatever its case and spacing."""
    plain = _SPACE.sub(" ", text.casefold()).strip()
    return frozenset(plain[start : start + SHINGLE] for start in range(max(1, len(plain) - SHINGLE + 1)))


def texts_alike(texts: Sequence[str]) -> Alike:
    """Return a test of two texts: their 5-character runs have a Jaccard index of at least 0.8."""

    def alike(one: int, other: int) -> bool:
        a, b = shingles(texts[one]), shingles(texts[other])
        return len(a & b) >= SAME_WORDS * len(a | b)

    return alike


def perceptual_hash(image: Image.Image) -> int:
    """Return 64 bits that similar pictures share: the signs of its lowest frequencies around their median.

    References
    ----------
    Zauner (2010), Implementation and Benchmarking of Perceptual Image Hash Functions.
    """
    gray = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), dtype=np.float64)
    low = dctn(gray)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int("".join("1" if bit else "0" for bit in bits), 2)


def images_alike(hashes: Sequence[int]) -> Alike:
    """Return a test of two images: their perceptual hashes differ in at most 14 of 64 bits."""

    def alike(one: int, other: int) -> bool:
        return (hashes[one] ^ hashes[other]).bit_count() <= HASH_BITS_APART

    return alike
