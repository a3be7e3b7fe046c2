"""Neighbors: exact for few rows, nearly so for many."""

from __future__ import annotations

import numpy as np
import pytest

from quality.learning import neighbors
from quality.learning.arrays import unit_rows
from tests.quality.data import blobs


def test_the_nearest_come_first_and_never_the_row_itself() -> None:
    embedding = unit_rows(np.array([[1, 0], [1, 0.1], [0, 1], [1, 0]], dtype=np.float32))
    found = neighbors.nearest(embedding, 2)
    assert found.rows.tolist() == [[3, 1], [0, 3], [1, 0], [0, 1]]
    assert found.distances[0, 0] == 0
    assert found.distances[2, 1] == pytest.approx(1)


def test_fewer_others_than_asked_for() -> None:
    found = neighbors.nearest(unit_rows(np.eye(2, dtype=np.float32)), 5)
    assert found.rows[0].tolist() == [1, -1, -1, -1, -1]
    assert np.isinf(found.distances[0, 1:]).all()
    assert neighbors.nearest(np.ones((1, 2), dtype=np.float32), 1).rows.tolist() == [[-1]]


def test_through_clusters_nearly_all_neighbors_are_found() -> None:
    features, _, _, _ = blobs(size=4000, classes=40, seed=3)
    exact = neighbors.nearest(features.embedding, 10)
    quick = neighbors.nearest(features.embedding, 10, exact_up_to=1000)
    hits = [len(set(a) & set(b)) for a, b in zip(exact.rows.tolist(), quick.rows.tolist(), strict=True)]
    assert np.mean(hits) / 10 > 0.95


def test_neighbors_among_some() -> None:
    embedding = unit_rows(np.array([[1, 0], [1, 0.1], [0, 1], [1, 0]], dtype=np.float32))
    found = neighbors.among(embedding, np.array([3, 2]), np.array([0, 2]), 2)
    assert found.rows.tolist() == [[0, 2], [0, -1]]
    assert neighbors.among(embedding, np.array([3]), np.array([], dtype=np.int64), 2).rows.tolist() == [[-1, -1]]
