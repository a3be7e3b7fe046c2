"""Names of the arrays that encoders, classifiers and scores hand each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Real numbers, mostly shape (n, d)."""

Doubles = NDArray[np.float64]
"""Real numbers where sums over many rows matter."""

Integers = NDArray[np.int64]
"""Whole numbers: class positions, row numbers."""

Mask = NDArray[np.bool_]
"""One truth value per row."""

Matrix = Any
"""A dense (n, d) array or a sparse row matrix of that shape; scikit-learn takes both."""


@dataclass(frozen=True, slots=True)
class Features:
    """Items as numbers.

    Parameters
    ----------
    matrix
        Shape (n, d), dense or sparse: what the classifier learns from.
    embedding
        Shape (n, e), float32, dense and short: what neighbors are found with. Rows have length 1; an item that shows
        nothing (an empty text) is a row of zeros.
    light
        Shape (n, c), sparse, or None: less than `matrix`, for when that is too much to learn many classes from.
    """

    matrix: Matrix
    embedding: Floats
    light: Matrix | None = None


class Encoder(Protocol):
    """Turns the content of a field into numbers.

    Attributes
    ----------
    name
        How people and runs name the encoder.
    settings
        All that decides the numbers besides the items, as JSON: a part of a run's fingerprint.
    """

    name: str

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that decides the numbers besides the items."""

    def encode(self, items: Iterable[Any], fit: Mask) -> Features:
        """Return the features of the items, having learned vocabulary and axes from those where `fit` is true only."""


def unit_rows(values: Floats) -> Floats:
    """Scale every row to length 1, leaving rows of zeros.

    Parameters
    ----------
    values
        Shape (n, d).

    Returns
    -------
    ndarray of float32, shape (n, d)
    """
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    scaled: Floats = np.divide(values, lengths, out=np.zeros_like(values, dtype=np.float32), where=lengths > 1e-12)
    return scaled
