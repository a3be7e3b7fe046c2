"""Which items take part in learning, and in which fold each is held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from labeling.errors import Invalid
from quality.learning.arrays import Integers, Mask
from quality.learning.limits import LEAST_PER_CLASS

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How a set of labeled items is learned from.

    Parameters
    ----------
    classes
        Shape (k,): positions of the classes that have enough labels, ascending.
    scarce
        Positions of the classes that have some labels, but too few.
    rows
        Shape (m,): the items of `classes` that may be learned from.
    fold
        Shape (m,): the fold in which each of `rows` is held out, 0 to `folds` - 1.
    folds
        Their number: `FOLDS`, or the size of the rarest class if that is smaller.
    """

    classes: Integers
    scarce: Integers
    rows: Integers
    fold: Integers
    folds: int


def plan(labels: Integers, learn: Mask, *, seed: int = 0, folds: int = FOLDS, least: int = LEAST_PER_CLASS) -> Plan:
    """Choose the classes that can be learned and deal their items into stratified folds.

    Parameters
    ----------
    labels
        Shape (n,): class positions, -1 for items without a label.
    learn
        Shape (n,): items that may be learned from (not those of the test split).
    seed
        Of the shuffle; the same seed deals the same folds.
    folds, least
        At most this many folds; at least this many labels per class.

    Returns
    -------
    Plan

    Raises
    ------
    Invalid
        When fewer than two classes can be learned; the message says what is missing.
    """
    usable = learn & (labels >= 0)
    present, counts = np.unique(labels[usable], return_counts=True)
    kept = present[counts >= least].astype(np.int64)
    scarce = present[counts < least].astype(np.int64)
    if present.size == 0:
        raise Invalid("Nothing is labeled yet that a model may learn from. Label some items outside the test split.")
    if present.size == 1:
        raise Invalid("All labels are the same class. A model can find errors only where at least two classes occur.")
    if kept.size < 2:
        raise Invalid(
            f"{present.size:,} classes have labels, but only {kept.size} of them {_have(kept.size)} the {least} labels "
            f"that learning takes. Label at least {least} items of two classes outside the test split."
        )
    rows = np.flatnonzero(usable & np.isin(labels, kept)).astype(np.int64)
    number = int(min(folds, counts[counts >= least].min()))
    fold = np.zeros(rows.size, dtype=np.int64)
    dealer = StratifiedKFold(n_splits=number, shuffle=True, random_state=seed)
    for position, (_, held_out) in enumerate(dealer.split(np.zeros(rows.size), labels[rows])):
        fold[held_out] = position
    return Plan(classes=kept, scarce=scarce, rows=rows, fold=fold, folds=number)


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
