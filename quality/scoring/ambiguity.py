"""Items that could well be either of two classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.learning.arrays import Doubles, Floats, Mask

CLOSE = 0.1
TOGETHER = 0.8


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Between which items the model cannot decide although it rules everything else out.

    Parameters
    ----------
    score
        Shape (n,), in [0, 1], low is bad: the first probability minus the second.
    flagged
        Shape (n,): the first two are at most 0.1 apart and make up at least 0.8 together.
    """

    score: Doubles
    flagged: Mask


def find_ambiguous(values: Floats) -> Ambiguous:
    """Find items with two about equally probable classes.

    Parameters
    ----------
    values
        Shape (n, k), checked, k >= 2, rows sum to 1.

    Returns
    -------
    Ambiguous
    """
    top = -np.partition(-values.astype(np.float64), 1, axis=1)[:, :2]
    apart = top[:, 0] - top[:, 1]
    return Ambiguous(score=np.clip(apart, 0, 1), flagged=(apart <= CLOSE) & (top.sum(axis=1) >= TOGETHER))
