"""Findings of a run that is not complete yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from labeling.models import FlagReason
    from quality.learning.arrays import Doubles, Integers

LEAST = 20
SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Draft:
    """What will be a flag when the run is complete, if the label it speaks of still stands then.

    `label` is -1 when it speaks of no label.
    """

    task: int
    reason: FlagReason
    score: float
    note: str
    basis: str
    label: int = -1
    evidence: dict[str, Any] = field(default_factory=dict)


def limited(rows: Integers, scores: Doubles, *, of: int) -> Integers:
    """Return the worst rows: at most one of fifty items (but twenty), lest reviewers drown in what is merely odd.

    Parameters
    ----------
    rows
        Shape (m,): candidates, as positions in `scores`.
    scores
        Shape (n,): low is bad.
    of
        Items there are.
    """
    most = max(LEAST, int(of * SHARE))
    return rows[np.argsort(scores[rows], kind="stable")][:most]
