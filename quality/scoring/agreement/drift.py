"""Whether a person answers otherwise than before: a control chart, confirmed by a test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from quality.scoring.agreement.readings import DRIFT_THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quality.learning.arrays import Doubles

BASELINE = 200
RECENT = 100
DROP = 0.15
CONFIRMED = 0.001
_EDGE = 0.01
"""Nobody is taken to be always right, or always wrong."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A person's answers over time, against their own beginning.

    Parameters
    ----------
    baseline
        Share that matched among the first answers, in [0, 1].
    recent
        Share among the newest.
    chart
        Shape (t,): the sum of evidence for a drop after each later answer, 0 or more.
    noticed
        The answer at which the chart passed the threshold and the test agreed, -1 for none.
    probability
        Of so large a drop by chance, at that answer or at the end.
    """

    baseline: float
    recent: float
    chart: Doubles
    noticed: int
    probability: float


def drift(matches: NDArray[np.bool_]) -> Drift | None:
    """Look for a lasting drop in how often a person's answers match; None with too few answers.

    The chart (CUSUM) sums up the evidence that the share has dropped by 15 points. Alone it raises many false alarms
    (a fifth of people without any change, in 2,000 answers), so it counts only once the last hundred answers differ
    from the beginning by more than chance would give in one case of a thousand. Simulated: of people without any
    change 3 % are noticed within 1,000 answers; a drop from .90 to .75 is noticed in 99 %, after a median of 87.

    Parameters
    ----------
    matches
        Shape (n,): whether each answer matches, in the order given.

    Returns
    -------
    Drift or None

    References
    ----------
    Page (1954), Continuous inspection schemes; the test is that of two proportions.
    """
    if matches.size < BASELINE + RECENT:
        return None
    first, later = matches[:BASELINE], matches[BASELINE:]
    usual = min(max(float(first.mean()), _EDGE), 1 - _EDGE)
    worse = max(usual - DROP, _EDGE)
    steps = np.where(later, math.log(worse / usual), math.log((1 - worse) / (1 - usual)))
    chart, at = np.zeros(later.size), 0.0
    for row, step in enumerate(steps.tolist()):
        at = max(0.0, at + step)
        chart[row] = at
    upto = np.concatenate([[0], np.cumsum(later)])
    ends = np.arange(RECENT, later.size + 1)
    hits = upto[ends] - upto[ends - RECENT]
    chance = _chance(int(first.sum()), hits)
    alarmed = (chart[RECENT - 1 :] > DRIFT_THRESHOLD) & (chance < CONFIRMED)
    noticed = int(alarmed.argmax()) if alarmed.any() else -1
    return Drift(
        baseline=float(first.mean()),
        recent=float(hits[-1] / RECENT),
        chart=chart,
        noticed=BASELINE + RECENT - 1 + noticed if noticed >= 0 else -1,
        probability=float(chance[noticed]),
    )


def _chance(first: int, hits: NDArray[np.float64]) -> Doubles:
    """Return the probability of so few matches among the recent ones, if nothing has changed."""
    pooled = (first + hits) / (BASELINE + RECENT)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / BASELINE + 1 / RECENT))
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (first / BASELINE - hits / RECENT) / spread
    return np.asarray(np.where(spread > 0, norm.sf(score), 1.0), dtype=np.float64)
