"""Probabilities are checked before anything is concluded from them."""

from __future__ import annotations

import numpy as np
import pytest

from labeling.errors import Invalid
from quality.scoring import probabilities
from tests.quality import data


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[0.5, 0.5], [np.nan, 1]], "Row 2 has a probability that is no finite number"),
        ([[0.5, 0.5], [0.4, 0.4]], "Row 2 does not sum to 1"),
        ([[1.5, -0.5], [0.4, 0.6]], "Row 1 has a probability outside 0 to 1"),
        ([[1.0], [1.0]], r"Expected 2 rows of 2 probabilities, found the shape \(2, 1\)"),
        ([[0.3, 0.3], [0.3, 0.3]], r"Row 1 does not sum to 1 \(2 rows in all\)"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(values: list[list[float]], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        probabilities.checked(np.array(values), rows=2, classes=2)


def test_rounded_rows_are_scaled_to_sum_to_one() -> None:
    values = probabilities.checked(np.array([[0.333, 0.333, 0.333]]), rows=1, classes=3)
    assert values.sum() == pytest.approx(1)
    assert values.dtype == np.float32


def test_several_labels_need_not_sum_to_one() -> None:
    assert probabilities.checked(np.array([[0.9, 0.8]]), rows=1, classes=2, exclusive=False).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_random_probabilities_are_refused_in_words(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.dirichlet(np.ones(10), size=5000).astype(np.float32)
    labels = generator.integers(0, 10, 5000)
    with pytest.raises(Invalid, match="no better than always answering the most common class"):
        probabilities.require_signal(labels, values)


def test_a_rare_class_is_signal_enough_although_accuracy_cannot_rise() -> None:
    generator = np.random.default_rng(0)
    labels = (generator.random(2000) < 0.03).astype(np.int64)
    p = np.where(labels == 1, 0.3, 0.02)
    values = np.stack([1 - p, p], axis=1).astype(np.float32)
    found = probabilities.require_signal(labels, values)
    assert found.accuracy == found.baseline_accuracy


def test_the_certain_but_tiny_gain_of_identical_items_is_no_signal() -> None:
    labels = np.arange(30) % 3
    values = np.tile(np.array([[0.333, 0.333, 0.334]], dtype=np.float32), (30, 1))
    values[np.arange(30), labels] += 1e-4
    assert not probabilities.signal(labels, values / values.sum(axis=1, keepdims=True)).present


def test_few_labels_prove_nothing() -> None:
    labels = np.array([0, 1, 0, 1])
    assert not probabilities.signal(labels, data.probabilities(labels, classes=2)).present
