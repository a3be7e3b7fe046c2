"""People beside each other: kappa of every two, labels that one gives more often, agreement without each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from quality.scoring.agreement import alpha as scoring
from quality.scoring.agreement.people import closeness, kappas, label_use, without_each
from quality.scoring.agreement.ratings import Ratings, interval, nominal
from tests.quality.scoring.agreement.worlds import by_coder, crowd, drawn


def shared(found: Ratings, one: int, other: int) -> tuple[list[int], list[int]]:
    theirs = [
        dict(zip(found.items[found.people == each].tolist(), found.values[found.people == each].tolist(), strict=True))
        for each in (one, other)
    ]
    both = sorted(theirs[0].keys() & theirs[1].keys())
    return [theirs[0][item] for item in both], [theirs[1][item] for item in both]


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "quadratic"]))
def test_kappa_is_that_of_scikit_learn(seed: int, weights: str | None) -> None:
    found = drawn(items=25, people=4, classes=4, share=0.7, seed=seed)
    distances = nominal(4) if weights is None else interval(np.arange(4.0))
    for pair in kappas(found, distances):
        ours, theirs = shared(found, pair.one, pair.other)
        assert pair.shared == len(ours)
        assert pair.same == sum(a == b for a, b in zip(ours, theirs, strict=True))
        if pair.kappa is not None:
            expected = cohen_kappa_score(ours, theirs, weights=weights, labels=range(4))
            assert pair.kappa == pytest.approx(expected)


def test_kappa_of_the_first_publication() -> None:
    # Cohen (1960), table 1, in proportions of 200: .25 .13 .12 / .12 .02 .16 / .03 .15 .02.
    table = np.array([[50, 26, 24], [24, 4, 32], [6, 30, 4]])
    one, other = (np.repeat(axis, table.ravel()) for axis in (np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)))
    found = by_coder((" ".join(str(value + 1) for value in one), " ".join(str(value + 1) for value in other)))
    (pair,) = kappas(found, nominal(3))
    assert pair.shared == 200
    observed, expected = np.trace(table) / 200, (table.sum(0) * table.sum(1)).sum() / 200**2
    assert pair.kappa == pytest.approx((observed - expected) / (1 - expected))


def test_kappa_is_not_defined_where_both_gave_one_answer() -> None:
    (pair,) = kappas(by_coder(("1 1 1", "1 1 1")), nominal(2))
    assert (pair.kappa, pair.shared, pair.same) == (None, 3, 3)
    assert "one and the same answer" in pair.undefined
    assert kappas(by_coder(("1 . 1", ". 1 .")), nominal(2)) == []


def test_who_gives_a_label_more_often_than_the_others() -> None:
    found = by_coder(("1 1 1 1", "1 1 2 2", "1 1 2 2"))
    uses = {(use.person, use.label): use for use in label_use(found, np.eye(2, dtype=bool))}
    assert (uses[0, 0].said, uses[0, 0].others, uses[0, 0].both) == (4, 2, 2)
    assert uses[0, 0].bias == pytest.approx(50)
    assert uses[0, 1].bias == pytest.approx(-50)
    assert uses[1, 0].bias == pytest.approx(-25)


def test_agreement_without_the_person_who_guesses_is_higher() -> None:
    _, found = crowd(np.array([0.95, 0.95, 0.95, 0.25]), items=300, answers=3, classes=4, seed=0)
    everybody = scoring.krippendorff(found, nominal(4), turns=0)
    without = without_each(found, nominal(4))
    assert everybody.value is not None
    assert without[3].value is not None
    assert without[3].value > everybody.value + 0.1
    assert all(without[person].value < without[3].value for person in range(3))  # type: ignore[operator]


def test_how_near_each_is_to_the_others() -> None:
    near = closeness(by_coder(("1 1 2", "1 1 2", "1 2 1")), nominal(2), 4)
    assert near[:3] == pytest.approx([2 / 3, 2 / 3, 1 / 3])
    assert np.isnan(near[3])
