"""The fixed model: logistic regression. The data changes, the model does not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from labeling.errors import Invalid
from quality.learning.arrays import Features, Floats, Integers, Mask, Matrix
from quality.learning.folds import FOLDS, Plan
from quality.learning.folds import plan as plan_folds
from quality.learning.limits import LEAST_PER_CLASS

MAX_CELLS = 100_000_000
"""Probabilities kept at once: 400 MB."""

MAX_SPARSE_WORK = 100_000_000
MAX_LIGHT_WORK = 400_000_000
"""Non-zero entries x classes up to which a sparse matrix, and the lighter one, is learned from within minutes."""

PENALTY = 3.0
"""Inverse strength of the L2 penalty; every encoder gives rows of length 1."""

Progress = Callable[[int, int, str], None]


def _silent(_done: int, _total: int, _message: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Class probabilities of all items.

    Parameters
    ----------
    values
        Shape (n, k), float32, rows sum to 1. No row was predicted by a model that learned from it.
    classes
        Shape (k,): the class position of each column.
    """

    values: Floats
    classes: Integers


def model(*, seed: int = 0) -> Any:
    """Return the untrained model; what a bare script has to use to get the same probabilities."""
    return LogisticRegression(C=PENALTY, max_iter=300, tol=1e-4, solver="lbfgs", random_state=seed)


def suited(features: Features, classes: int) -> Matrix:
    """Return the matrix to learn from: the best that is affordable.

    The embedding is the last resort: what tells rare topics apart is mostly lost in it.
    """
    matrix, light = features.matrix, features.light
    if not issparse(matrix) or matrix.nnz * classes <= MAX_SPARSE_WORK:
        return matrix
    if light is not None and light.nnz * classes <= MAX_LIGHT_WORK:
        return light
    return features.embedding


def trained(matrix: Matrix, labels: Integers, *, seed: int) -> Any:
    """Return the model trained on all rows; a search that stops early is good enough and says nothing."""
    fitted = model(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(matrix, labels)
    return fitted


def out_of_fold(
    features: Features,
    labels: Integers,
    plan: Plan,
    *,
    seed: int = 0,
    progress: Progress = _silent,
) -> Probabilities:
    """Predict every item by models that did not learn from it.

    An item of the plan is predicted by the model of the fold in which it is held out. All others (unlabeled, of a
    class with too few labels, of the test split) are predicted by one model that learned from the whole plan.

    Parameters
    ----------
    features
        Of n items.
    labels
        Shape (n,): class positions, -1 for none.
    plan
        From `folds.plan`.
    seed
        Of the solver; the same seed gives the same numbers.
    progress
        Called with (models trained, models in all, words) before each model; what it raises ends the work.

    Returns
    -------
    Probabilities

    Raises
    ------
    Invalid
        When n x k probabilities are more than fit into memory.
    """
    size = labels.shape[0]
    check_size(size, plan.classes.size)
    matrix = suited(features, plan.classes.size)
    values = np.zeros((size, plan.classes.size), dtype=np.float32)
    for fold in range(plan.folds):
        progress(fold, plan.folds + 1, f"Learning without fold {fold + 1} of {plan.folds}")
        learn, held_out = plan.rows[plan.fold != fold], plan.rows[plan.fold == fold]
        values[held_out] = trained(matrix[learn], labels[learn], seed=seed).predict_proba(matrix[held_out])
    rest = np.setdiff1d(np.arange(size), plan.rows)
    if rest.size:
        progress(plan.folds, plan.folds + 1, "Learning from all labels to predict the rest")
        values[rest] = trained(matrix[plan.rows], labels[plan.rows], seed=seed).predict_proba(matrix[rest])
    values /= values.sum(axis=1, keepdims=True)
    return Probabilities(values=values, classes=plan.classes)


def from_all(features: Features, labels: Integers, plan: Plan, rows: Integers, *, seed: int = 0) -> Floats:
    """Predict rows outside the plan (the test split) by one model that learned from the whole plan.

    Parameters
    ----------
    features, labels, plan, seed
        As for `out_of_fold`.
    rows
        Shape (m,): which items to predict; none may be in the plan.

    Returns
    -------
    ndarray of float32, shape (m, k)
        Rows sum to 1.

    Raises
    ------
    ValueError
        When a row is in the plan: its prediction would be no prediction.
    """
    if np.isin(rows, plan.rows).any():
        message = "rows that were learned from cannot be predicted"
        raise ValueError(message)
    matrix = suited(features, plan.classes.size)
    values = trained(matrix[plan.rows], labels[plan.rows], seed=seed).predict_proba(matrix[rows])
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float32)


def check_size(items: int, classes: int) -> None:
    """Refuse, in words, more probabilities than fit into memory."""
    if items * classes > MAX_CELLS:
        raise Invalid(
            f"{items:,} items with {classes:,} classes are {items * classes:,} probabilities, more than the "
            f"{MAX_CELLS:,} that fit into memory at once. Merge rare classes, or use fewer items per run."
        )


def one_vs_rest(
    features: Features,
    labels: Mask,
    learn: Mask,
    *,
    seed: int = 0,
    folds: int = FOLDS,
    least: int = LEAST_PER_CLASS,
    progress: Progress = _silent,
) -> Probabilities:
    """Predict each of several labels on its own: one yes-or-no model per class and fold.

    Parameters
    ----------
    features
        Of n items.
    labels
        Shape (n, c): whether the item has the label; of no meaning where `learn` is false.
    learn
        Shape (n,): labeled items that may be learned from.
    seed, folds, least, progress
        As for `out_of_fold`; a class needs `least` items with the label and as many without.

    Returns
    -------
    Probabilities
        `classes` are the columns of `labels` that could be learned; `values` lie in [0, 1] and rows do not sum to 1.

    Raises
    ------
    Invalid
        When no class can be learned.
    """
    with_label = labels[learn].sum(axis=0)
    without = int(learn.sum()) - with_label
    classes = np.flatnonzero((with_label >= least) & (without >= least)).astype(np.int64)
    if classes.size == 0:
        raise Invalid(
            f"No label has {least} items with it and {least} without it, which is what learning takes. Label more "
            "items outside the test split."
        )
    check_size(labels.shape[0], classes.size)
    values = np.zeros((labels.shape[0], classes.size), dtype=np.float32)
    for column, position in enumerate(classes):
        progress(column, classes.size, f"Learning label {column + 1} of {classes.size}")
        target = np.where(learn, labels[:, position].astype(np.int64), -1)
        plan = plan_folds(target, learn, seed=seed, folds=folds, least=least)
        values[:, column] = out_of_fold(features, target, plan, seed=seed).values[:, 1]
    return Probabilities(values=values, classes=classes)
