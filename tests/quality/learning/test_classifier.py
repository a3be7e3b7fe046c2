"""The fixed model: out of fold, deterministic, and plain about what it cannot learn."""

from __future__ import annotations

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from labeling.errors import Invalid
from quality.learning import classifier, folds
from quality.learning.arrays import Features
from quality.scoring import label_errors
from tests.quality.data import blobs


def test_it_equals_a_bare_script() -> None:
    features, _, labels, _ = blobs(size=240, noise=0.1)
    every = np.ones(240, dtype=np.bool_)
    plan = folds.plan(labels, every, seed=0)
    ours = classifier.out_of_fold(features, labels, plan)
    bare = cross_val_predict(
        LogisticRegression(C=3.0, max_iter=300, random_state=0),
        features.matrix,
        labels,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        method="predict_proba",
    )
    assert ours.values == pytest.approx(bare, abs=1e-5)
    found = label_errors.find_label_errors(labels, ours.values)
    assert np.array_equal(found.flagged, find_label_issues(labels, ours.values, filter_by="both", n_jobs=1))
    assert found.quality == pytest.approx(get_label_quality_scores(labels, ours.values))


def test_an_item_is_never_predicted_by_a_model_that_saw_it() -> None:
    features, true, _, _ = blobs(size=200)
    labels = true.copy()
    labels[7] = (labels[7] + 1) % 4
    every = np.ones(200, dtype=np.bool_)
    # A point of its own, so that a model that saw it would know its label.
    matrix = np.concatenate([features.matrix, np.zeros((200, 1), dtype=np.float32)], axis=1)
    matrix[7, -1] = 50
    plan = folds.plan(labels, every)
    values = classifier.out_of_fold(Features(matrix=matrix, embedding=features.embedding), labels, plan).values
    assert values[7, labels[7]] < 0.5


def test_the_test_split_and_unlabeled_items_are_predicted_and_not_learned_from() -> None:
    features, true, _, _ = blobs(size=200)
    learn = np.arange(200) < 120
    labels = np.where(np.arange(200) < 160, true, -1)
    wrong = labels.copy()
    wrong[120:160] = (wrong[120:160] + 1) % 4
    one = classifier.out_of_fold(features, labels, folds.plan(labels, learn))
    other = classifier.out_of_fold(features, wrong, folds.plan(wrong, learn))
    assert np.array_equal(one.values, other.values)
    assert (one.values[120:].argmax(axis=1) == true[120:]).mean() > 0.9
    assert one.values.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_seed_gives_the_same_numbers() -> None:
    features, _, labels, _ = blobs(size=120, noise=0.1)
    every = np.ones(120, dtype=np.bool_)
    one, other = (classifier.out_of_fold(features, labels, folds.plan(labels, every)) for _ in range(2))
    assert np.array_equal(one.values, other.values)


def test_folds_are_cut_to_the_rarest_class() -> None:
    labels = np.array([0] * 20 + [1] * 4 + [2] * 2)
    plan = folds.plan(labels, np.ones(26, dtype=np.bool_))
    assert plan.folds == 4
    assert plan.classes.tolist() == [0, 1]
    assert plan.scarce.tolist() == [2]
    assert plan.rows.size == 24


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "Nothing is labeled yet"),
        ([-1, -1], "Nothing is labeled yet"),
        ([2] * 30, "All labels are the same class"),
        ([0, 1, 2], "3 classes have labels, but only 0 of them have the 3 labels"),
        ([0, 0, 0, 1], "only 1 of them has the 3 labels"),
    ],
)
def test_too_little_to_learn_from_is_said(labels: list[int], words: str) -> None:
    array = np.array(labels, dtype=np.int64)
    with pytest.raises(Invalid, match=words):
        folds.plan(array, np.ones(array.size, dtype=np.bool_))


def test_ten_thousand_classes_with_too_few_labels_each_are_said() -> None:
    labels = np.arange(10_000)
    with pytest.raises(Invalid, match="10,000 classes have labels, but only 0 of them have"):
        folds.plan(labels, np.ones(10_000, dtype=np.bool_))


def test_more_probabilities_than_memory_are_said() -> None:
    with pytest.raises(Invalid, match=r"100,000 items with 10,000 classes are 1,000,000,000 probabilities"):
        classifier.check_size(100_000, 10_000)


def test_many_classes_on_a_sparse_matrix_learn_from_less(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _, _, _ = blobs(size=20)
    sparse = Features(matrix=csr_matrix(features.matrix), embedding=features.embedding)
    assert classifier.suited(sparse, 4) is sparse.matrix
    monkeypatch.setattr(classifier, "MAX_SPARSE_WORK", 1)
    assert classifier.suited(sparse, 4) is features.embedding
    light = csr_matrix(features.matrix[:, :2])
    both = Features(matrix=sparse.matrix, embedding=features.embedding, light=light)
    assert classifier.suited(both, 4) is light
    monkeypatch.setattr(classifier, "MAX_LIGHT_WORK", 1)
    assert classifier.suited(both, 4) is features.embedding


def test_progress_can_end_the_work() -> None:
    features, true, _, _ = blobs(size=80)

    class StopError(Exception):
        pass

    def stop(done: int, total: int, message: str) -> None:
        if done == 2:
            raise StopError

    with pytest.raises(StopError):
        classifier.out_of_fold(features, true, folds.plan(true, np.ones(80, dtype=np.bool_)), progress=stop)


def test_one_vs_rest_predicts_each_label_on_its_own() -> None:
    features, true, _, _ = blobs(size=200)
    labels = np.stack([true == 0, true <= 1, true == 99], axis=1)
    found = classifier.one_vs_rest(features, labels, np.arange(200) < 150)
    assert found.classes.tolist() == [0, 1]
    assert ((found.values[:, 0] > 0.5) == labels[:, 0]).mean() > 0.9
    assert ((found.values[:, 1] > 0.5) == labels[:, 1]).mean() > 0.9


def test_one_vs_rest_says_when_no_label_can_be_learned() -> None:
    features, _, _, _ = blobs(size=20)
    with pytest.raises(Invalid, match="No label has 3 items with it and 3 without it"):
        classifier.one_vs_rest(features, np.ones((20, 2), dtype=np.bool_), np.ones(20, dtype=np.bool_))
