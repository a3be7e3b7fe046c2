"""Uncertainty and the order it gives; gain, intervals and health."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from labeling.errors import Invalid
from labeling.scoring.intervals import wilson
from quality.scoring import gain, health, queue
from tests.quality.data import blobs


@pytest.mark.parametrize("measure", queue.STRATEGIES.values())
def test_uncertainty_lies_between_certain_and_clueless(measure: object) -> None:
    assert callable(measure)
    values = np.array([[1, 0, 0, 0], [0.7, 0.2, 0.1, 0], [0.25] * 4], dtype=np.float32)
    found = measure(values)
    assert found[0] == pytest.approx(0, abs=1e-6)
    assert found[0] < found[1] < found[2] <= 1


def test_uncertainty_follows_its_formulas() -> None:
    values = np.array([[0.6, 0.3, 0.1]], dtype=np.float32)
    assert queue.least_confidence(values) == pytest.approx([0.4])
    assert queue.margin(values) == pytest.approx([0.7])
    expected = -sum(p * np.log(p) for p in (0.6, 0.3, 0.1)) / np.log(3)
    assert queue.entropy(values) == pytest.approx([expected])
    assert queue.binary_margin(values) == pytest.approx([0.8])


def test_a_tenth_of_the_order_is_random_and_spread_evenly() -> None:
    scores = np.linspace(0, 1, 1000)
    found = queue.order(scores, seed=4)
    assert found.random.sum() == 100
    assert np.unique(found.priority).size == 1000
    handed_out = np.argsort(-found.priority)
    for start in range(0, 1000, 100):
        assert found.random[handed_out[start : start + 100]].sum() == 10
    chosen = handed_out[~found.random[handed_out]]
    assert (np.diff(scores[chosen]) < 0).all()


def test_random_draws_do_not_depend_on_the_score() -> None:
    scores = np.arange(50, dtype=np.float64)
    drawn = np.mean([queue.order(scores, seed=seed).random for seed in range(400)], axis=0)
    assert drawn == pytest.approx(np.full(50, 0.1), abs=0.07)


@pytest.mark.parametrize(("size", "share"), [(0, 0.1), (1, 0.1), (3, 0.0), (7, 1.0), (9, 0.5)])
def test_an_order_of_any_size(size: int, share: float) -> None:
    found = queue.order(np.arange(size, dtype=np.float64), random_share=share)
    assert np.unique(found.priority).size == size
    assert ((found.priority > 0) & (found.priority <= 1)).all()


def test_gain_equals_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    values = generator.dirichlet(np.ones(3), size=200).astype(np.float32)
    _, true, _, _ = blobs(size=200, classes=3)
    found = gain.measure(true, values)
    exact, predicted = values.astype(np.float64), values.argmax(axis=1)
    assert found.accuracy == pytest.approx(accuracy_score(true, predicted))
    assert found.macro_f1 == pytest.approx(f1_score(true, predicted, average="macro"))
    assert found.log_loss == pytest.approx(log_loss(true, exact / exact.sum(axis=1, keepdims=True)), rel=1e-4)
    for value, (low, high) in (
        (found.accuracy, found.accuracy_interval),
        (found.macro_f1, found.macro_f1_interval),
        (found.log_loss, found.log_loss_interval),
    ):
        assert low < value < high
    assert found == gain.measure(true, values)


def test_a_class_the_model_does_not_know_is_wrong() -> None:
    found = gain.measure(np.array([0, -1]), np.array([[1, 0], [1, 0]], dtype=np.float32))
    assert found.accuracy == 0.5
    assert found.log_loss == pytest.approx(-np.log(1e-6) / 2)


def test_a_small_test_split_tells_little() -> None:
    true = np.array([0, 1] * 10)
    values = np.eye(2, dtype=np.float32)[np.where(np.arange(20) < 15, true, 1 - true)]
    assert not gain.measure(true, values).telling
    big = np.tile(true, 30)
    assert gain.measure(big, np.tile(values, (30, 1))).telling


def test_without_confirmed_labels_there_is_no_gain() -> None:
    with pytest.raises(Invalid, match="No item of the test split has a confirmed label"):
        gain.measure(np.array([], dtype=np.int64), np.zeros((0, 2), dtype=np.float32))


def test_wilson_interval_equals_published_values() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


def test_health_is_the_mean_of_what_is_defined() -> None:
    found = health.score({"accuracy": 0.9, "balance": 0.5, "consistency": None}, {"consistency": "One person only."})
    assert found.overall == pytest.approx(0.7)
    parts = {part.name: part for part in found.parts}
    assert list(parts) == list(health.PARTS)
    assert parts["consistency"].why == "One person only."
    assert parts["uniqueness"].value is None
    assert health.score({}, {}).overall is None
    with pytest.raises(ValueError, match="no parts"):
        health.score({"luck": 1.0}, {})
