"""Label errors: found, scored and suggested; what cleanlab would pass over is caught before."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from labeling.errors import Invalid
from quality.learning import classifier, folds
from quality.scoring import label_errors, multi_label, options, queue
from tests.quality.data import blobs, probabilities


def test_wrong_labels_are_found_with_a_suggestion() -> None:
    features, true, given, wrong = blobs(size=400, noise=0.08)
    every = np.ones(400, dtype=np.bool_)
    values = classifier.out_of_fold(features, given, folds.plan(given, every)).values
    found = label_errors.find_label_errors(given, values)
    assert wrong[found.flagged].mean() > 0.9
    assert found.flagged[wrong].mean() > 0.7
    assert (found.suggested[found.flagged] != given[found.flagged]).all()
    assert (found.suggested[wrong] == true[wrong]).mean() > 0.8
    assert found.rate == pytest.approx(wrong.mean(), abs=0.03)
    assert found.joint.sum() == pytest.approx(400)
    assert ((found.quality >= 0) & (found.quality <= 1)).all()

    healths = label_errors.by_class(given, found)
    assert sum(health.labels for health in healths) == 400
    low, high = found.rate_interval
    assert low < wrong.mean() < high
    assert high - low < 0.12
    for health in healths:
        assert health.interval[0] <= health.wrong / health.labels <= health.interval[1]
        assert 0 < health.counted <= health.labels
    assert sum(health.flagged for health in healths) == found.flagged.sum()
    pairs = label_errors.pairs(given, found)
    assert sum(pair[3] for pair in pairs) == found.flagged.sum()
    assert all(given_class != suggested for given_class, suggested, _, _ in pairs)


def test_the_interval_of_the_error_rate_holds_what_it_says() -> None:
    """Of many data sets with the same noise, most intervals hold the share that the noise aims at."""
    held = 0
    for seed in range(8):
        features, _, given, wrong = blobs(size=300, noise=0.1, seed=seed)
        values = classifier.out_of_fold(features, given, folds.plan(given, np.ones(300, dtype=np.bool_))).values
        low, high = label_errors.find_label_errors(given, values).rate_interval
        held += low <= wrong.mean() <= high
    assert held >= 7


def test_without_any_sign_of_an_error_the_interval_begins_at_zero() -> None:
    labels = np.arange(60) % 3
    found = label_errors.find_label_errors(labels, probabilities(labels, classes=3))
    assert found.rate == 0
    assert found.rate_interval[0] == 0
    assert 0.01 < found.rate_interval[1] < 0.1


@pytest.mark.parametrize("filter_by", options.FILTERS)
@pytest.mark.parametrize("score", options.SCORES)
def test_every_filter_and_score_works(filter_by: str, score: str) -> None:
    labels = np.array([0, 1, 0, 1, 0, 1, 0, 1, 1])
    values = probabilities(np.array([0, 1, 0, 1, 0, 1, 0, 1, 0]), classes=2)
    found = label_errors.find_label_errors(labels, values, filter_by=filter_by, score=score)
    assert found.quality.argmin() == 8


@pytest.mark.parametrize(("name", "value"), [("filter_by", "magic"), ("score", "vibes")])
def test_an_unknown_method_is_said(name: str, value: str) -> None:
    labels = np.array([0, 1])
    with pytest.raises(Invalid, match=value):
        label_errors.find_label_errors(labels, probabilities(labels, classes=2), **{name: value})


def test_items_without_labels_and_empty_classes_are_refused() -> None:
    values = probabilities(np.array([0, 1, 0]), classes=2)
    for labels in ([0, -1, 1], [0, 0, 0]):
        with pytest.raises(Invalid, match="labeled items"):
            label_errors.find_label_errors(np.array(labels), values)


def test_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a worker may start no processes")

    monkeypatch.setattr(multiprocessing, "Pool", refuse)
    monkeypatch.setattr(multiprocessing.get_context(), "Process", refuse)
    labels = np.arange(3000) % 3
    label_errors.find_label_errors(labels, probabilities(labels, classes=3))
    given = np.stack([labels == 0, labels > 0], axis=1)
    multi_label.find_multi_label_errors(given, np.where(given, 0.9, 0.1).astype(np.float32))


def test_missing_and_superfluous_labels_are_found() -> None:
    truth = np.stack([np.arange(200) % 2 == 0, np.arange(200) % 3 == 0, np.arange(200) % 5 == 0], axis=1)
    values = np.where(truth, 0.95, 0.05).astype(np.float32)
    given = truth.copy()
    given[0, 1] = False
    given[1, 2] = True
    found = multi_label.find_multi_label_errors(given, values)
    assert np.flatnonzero(found.flagged).tolist() == [0, 1]
    assert found.wrong[0].tolist() == [False, True, False]
    assert np.array_equal(found.suggested, truth)
    assert set(np.argsort(found.quality)[:2]) == {0, 1}


def test_items_without_any_label_take_part() -> None:
    truth = np.stack([np.arange(60) % 3 == 0, np.arange(60) % 3 == 1], axis=1)
    found = multi_label.find_multi_label_errors(truth, np.where(truth, 0.9, 0.1).astype(np.float32))
    assert not found.flagged.any()


def test_a_label_that_all_items_have_is_refused() -> None:
    with pytest.raises(Invalid, match="on some items and absent from others"):
        multi_label.find_multi_label_errors(np.ones((5, 1), dtype=np.bool_), np.full((5, 1), 0.9, dtype=np.float32))


def test_every_process_knows_the_strategies_there_are() -> None:
    assert set(options.STRATEGIES) == set(queue.STRATEGIES)
