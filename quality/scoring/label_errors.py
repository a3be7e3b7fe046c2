"""Likely label errors where each item has one class: confident learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cleanlab.count import calibrate_confident_joint, compute_confident_joint, estimate_joint
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from labeling.errors import Invalid, Problem
from labeling.scoring.intervals import wilson
from quality.learning.arrays import Doubles, Floats, Integers, Mask
from quality.scoring.options import FILTERS, SCORES, Filter

DRAWS = 2_000

DEFAULT_FILTER: Filter = "both"
"""Nine of ten flags are right at little cost in what is missed (see the definitions of the product)."""


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """What confident learning says about the given labels.

    Parameters
    ----------
    quality
        Shape (n,), in [0, 1], low is bad: by default the probability of the given class.
    flagged
        Shape (n,): likely errors; where the review starts. It goes on in the order of `quality`.
    suggested
        Shape (n,): the most probable class other than the given one for flagged items, else the most probable one.
    joint
        Shape (k, k), sums to n: estimated number of items given class i whose true class is j.
    counted
        Shape (k, k): items given class i of which the model is confident that the class is j; what `joint` is scaled
        up from.
    rate
        Estimated share of wrong labels.
    rate_interval
        95 % interval of `rate`, from how few or many items were counted in each class; it tells how much chance there
        is in which items were labeled, not whether the model is right.
    """

    quality: Doubles
    flagged: Mask
    suggested: Integers
    joint: Doubles
    counted: Integers
    rate: float
    rate_interval: tuple[float, float]


def find_label_errors(
    labels: Integers, values: Floats, *, filter_by: str = DEFAULT_FILTER, score: str = "self_confidence"
) -> LabelErrors:
    """Find the labels that out-of-sample probabilities speak against.

    Parameters
    ----------
    labels
        Shape (n,): columns of `values`; every item has one.
    values
        Shape (n, k), checked: no item was predicted by a model that learned from it.
    filter_by
        One of `FILTERS`.
    score
        One of `SCORES`.

    Returns
    -------
    LabelErrors

    Raises
    ------
    Invalid
        For an unknown filter or score, no items, or a class of `values` without any item.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset Labels.
    """
    _known("filter_by", filter_by, FILTERS)
    _known("score", score, SCORES)
    size, classes = values.shape
    if size == 0 or np.unique(labels).size != classes or (labels < 0).any():
        raise Invalid("Label errors are looked for among labeled items, in classes that have at least one each.")
    counted = np.asarray(compute_confident_joint(labels, values, calibrate=False), dtype=np.int64)
    calibrated = calibrate_confident_joint(counted, labels)
    flagged = find_label_issues(
        labels,
        values,
        filter_by=filter_by,
        confident_joint=calibrated if filter_by in {"both", "prune_by_noise_rate", "prune_by_class"} else None,
        n_jobs=1,
    )
    quality = np.asarray(get_label_quality_scores(labels, values, method=score), dtype=np.float64)
    joint = estimate_joint(labels, values, confident_joint=calibrated)
    others = values.copy()
    others[np.arange(size), labels] = -1
    suggested = np.where(flagged, others.argmax(axis=1), values.argmax(axis=1))
    return LabelErrors(
        quality=np.clip(quality, 0, 1),
        flagged=np.asarray(flagged, dtype=np.bool_),
        suggested=suggested.astype(np.int64),
        joint=np.asarray(joint, dtype=np.float64) * size,
        counted=counted,
        rate=float(1 - np.trace(joint)),
        rate_interval=_rate_interval(labels, counted, float(1 - np.trace(joint))),
    )


def _rate_interval(labels: Integers, counted: Integers, rate: float) -> tuple[float, float]:
    """Return the interval of the rate: each class's share of wrong labels drawn from what was counted in it.

    The shares are drawn from Beta(wrong + 1/2, right + 1/2) (Jeffreys) and weighed by the number of labels.
    """
    given = np.bincount(labels, minlength=counted.shape[0])
    right = np.diagonal(counted)
    wrong = counted.sum(axis=1) - right
    drawn = np.zeros(DRAWS)
    generator = np.random.default_rng(0)
    for weight, one, other in zip(given / given.sum(), wrong.tolist(), right.tolist(), strict=True):
        drawn += weight * generator.beta(one + 0.5, other + 0.5, size=DRAWS)
    low, high = (float(edge) for edge in np.quantile(drawn, (0.025, 0.975)))
    # Where nothing was counted on one side, its end is the end of the scale.
    return (min(low, rate) if wrong.any() else 0.0, max(high, rate) if right.any() else 1.0)


def _known(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        message = (
            f"“{value[:50]}” is no {name.replace('_', ' ')} of label errors. Expected one of {', '.join(allowed)}."
        )
        raise Invalid(message, problems=(Problem(name, message),))


@dataclass(frozen=True, slots=True)
class ClassHealth:
    """One class: how many labels it has and how many of them are likely wrong.

    Parameters
    ----------
    labels
        Items given this class.
    wrong
        Estimated number of those whose true class is another.
    missed
        Estimated number of items given another class whose true class is this one.
    flagged
        Items of the class flagged.
    quality
        Mean label quality in the class.
    counted
        Items of the class that the model is confident about: what the estimates rest on.
    interval
        95 % interval of the share of wrong labels (Wilson, over `counted`).
    """

    labels: int
    wrong: float
    missed: float
    flagged: int
    quality: float
    counted: int
    interval: tuple[float, float]


def by_class(labels: Integers, found: LabelErrors) -> list[ClassHealth]:
    """Return the health of each class, in the order of the columns.

    Parameters
    ----------
    labels
        Shape (n,), as given to `find`.
    found
        Its result.

    Returns
    -------
    list of ClassHealth
    """
    given, true = found.joint.sum(axis=1), found.joint.sum(axis=0)
    right = np.diagonal(found.joint)
    counted, sure = found.counted.sum(axis=1), np.diagonal(found.counted)
    healths = []
    for position in range(found.joint.shape[0]):
        rows = labels == position
        count, flagged = int(rows.sum()), int(found.flagged[rows].sum())
        healths.append(
            ClassHealth(
                labels=count,
                wrong=float(given[position] - right[position]),
                missed=float(true[position] - right[position]),
                flagged=flagged,
                quality=float(found.quality[rows].mean()),
                counted=int(counted[position]),
                interval=wilson(int(counted[position] - sure[position]), int(counted[position])),
            )
        )
    return healths


def pairs(labels: Integers, found: LabelErrors) -> list[tuple[int, int, float, int]]:
    """Return (given, suggested, estimated items, flagged items) of all pairs of classes that are mixed up, worst first.

    Parameters
    ----------
    labels
        Shape (n,), as given to `find`.
    found
        Its result.
    """
    classes = found.joint.shape[0]
    flagged = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(flagged, (labels[found.flagged], found.suggested[found.flagged]), 1)
    estimated = found.joint.copy()
    np.fill_diagonal(estimated, 0)
    given, suggested = np.nonzero((estimated >= 0.5) | (flagged > 0))
    rows = [
        (int(g), int(s), float(estimated[g, s]), int(flagged[g, s]))
        for g, s in zip(given, suggested, strict=True)
        if g != s
    ]
    return sorted(rows, key=lambda row: (-row[3], -row[2], row[0], row[1]))
