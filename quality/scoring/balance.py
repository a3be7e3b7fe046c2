"""How evenly labels are spread over classes, and whether splits look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial.distance import jensenshannon

from quality.learning.arrays import Doubles, Integers

NOTICE_ABOVE = 3.0
WARNING_ABOVE = 10.0


@dataclass(frozen=True, slots=True)
class Balance:
    """How even class counts are.

    Parameters
    ----------
    ratio
        Largest over smallest class, of those that occur; 1 when none does.
    balance
        In [0, 1], 1 is even: mean over classes of min(n_c, N/K) / (N/K).
    level
        ``""``, ``"notice"`` (ratio above 3) or ``"warning"`` (above 10).
    """

    ratio: float
    balance: float
    level: Literal["", "notice", "warning"]


def measure_balance(counts: Integers) -> Balance:
    """Measure how even counts are.

    Parameters
    ----------
    counts
        Shape (k,): labels per class. Classes without labels lower the balance; the ratio leaves them out.
    """
    total = int(counts.sum())
    if total == 0:
        return Balance(ratio=1.0, balance=1.0, level="")
    fair = total / counts.size
    present = counts[counts > 0]
    ratio = float(present.max() / present.min())
    level: Literal["", "notice", "warning"] = ""
    if ratio > WARNING_ABOVE:
        level = "warning"
    elif ratio > NOTICE_ABOVE:
        level = "notice"
    return Balance(ratio=ratio, balance=float((np.minimum(counts, fair) / fair).mean()), level=level)


def shift(one: Integers, other: Integers) -> float | None:
    """Return how differently two sets of labels are spread: the Jensen-Shannon divergence in bits, 0 (alike) to 1.

    Parameters
    ----------
    one, other
        Shape (k,): labels per class in each set.

    Returns
    -------
    float or None
        None when either has no labels.
    """
    if not one.sum() or not other.sum():
        return None
    distance: float = float(jensenshannon(_shares(one), _shares(other), base=2))
    return 0.0 if np.isnan(distance) else distance**2


CHANCE_DRAWS = 200


def chance_shift(one: Integers, other: Integers, *, seed: int = 0) -> float | None:
    """Return the shift that two sets of these sizes drawn from the same labels stay below 95 times in 100.

    Small sets differ by chance; only more than this is worth a word.

    Parameters
    ----------
    one, other
        As for `shift`.
    seed
        Of the draws.

    Returns
    -------
    float or None
        None when either has no labels.
    """
    sizes = int(one.sum()), int(other.sum())
    if not all(sizes):
        return None
    generator = np.random.default_rng(seed)
    pooled = _shares(one + other)
    drawn = [generator.multinomial(size, pooled, size=CHANCE_DRAWS) / size for size in sizes]
    distances = jensenshannon(drawn[0], drawn[1], base=2, axis=1)
    return float(np.quantile(np.nan_to_num(distances) ** 2, 0.95))


def _shares(counts: Integers) -> Doubles:
    return np.asarray(counts / counts.sum(), dtype=np.float64)
