"""Likely label errors where an item may have several labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from cleanlab.multilabel_classification.rank import get_label_quality_scores

from labeling.errors import Invalid
from quality.learning.arrays import Doubles, Floats, Mask


@dataclass(frozen=True, slots=True)
class MultiLabelErrors:
    """What confident learning, label by label, says about given sets of labels.

    Parameters
    ----------
    quality
        Shape (n,), in [0, 1], low is bad: over all labels, the worst weighing most.
    wrong
        Shape (n, k): the label is likely missing, or likely given wrongly.
    flagged
        Shape (n,): at least one label is likely wrong.
    suggested
        Shape (n, k): what the model would answer: the opposite of likely wrong labels, and otherwise every label that
        is more probable than not.
    """

    quality: Doubles
    wrong: Mask
    flagged: Mask
    suggested: Mask


def find_multi_label_errors(given: Mask, values: Floats, *, filter_by: str = "both") -> MultiLabelErrors:
    """Find the sets of labels that out-of-sample probabilities speak against.

    Parameters
    ----------
    given
        Shape (n, k): whether the item has the label. Items without any label take part.
    values
        Shape (n, k), checked, rows need not sum to 1.
    filter_by
        As for `label_errors.find`.

    Returns
    -------
    MultiLabelErrors

    Raises
    ------
    Invalid
        When there are no items, or a label that all items or none have (there is nothing to compare it with).

    References
    ----------
    Thyagarajan, Snorrason, Northcutt and Mueller (2022), Identifying Incorrect Annotations in Multi-Label
    Classification Data.
    """
    if not given.size or given.all(axis=0).any() or not given.any(axis=0).all():
        raise Invalid("Each label must be on some items and absent from others before errors can be looked for.")
    sets = [np.flatnonzero(row).tolist() for row in given]
    per_class = find_multilabel_issues_per_class(sets, values, filter_by=filter_by, n_jobs=1)
    wrong = np.asarray(per_class, dtype=np.bool_).reshape(given.shape)
    quality = np.asarray(get_label_quality_scores(sets, values), dtype=np.float64)
    return MultiLabelErrors(
        quality=np.clip(quality, 0, 1),
        wrong=wrong,
        flagged=np.asarray(wrong.any(axis=1)),
        suggested=np.where(wrong, ~given, values > 0.5),
    )
