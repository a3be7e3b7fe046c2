"""What is mixed up with what, the person or the rule, and answers that only one gave."""

from __future__ import annotations

import numpy as np

from quality.scoring.agreement.confusion import NEITHER, confusions, only_one_said
from quality.scoring.agreement.ratings import ratings
from tests.quality.scoring.agreement.worlds import by_coder

THREE = np.eye(3, dtype=bool)


def test_pairs_are_counted_by_item_with_who_said_what() -> None:
    found = confusions(by_coder(("1 1 2 3", "1 2 2 3", "1 2 1 2")), THREE)
    assert [(pair.one, pair.other, pair.items) for pair in found] == [(0, 1, 2), (1, 2, 1)]
    assert found[0].said_one == {0: 1, 2: 1}
    assert found[0].said_other == {1: 2, 2: 1, 0: 1}


def test_somebody_who_stands_alone_is_named_and_a_split_team_is_not() -> None:
    alone = by_coder(("1 1 1 1 1 1", "2 2 2 2 2 2", "2 2 2 2 2 2"))
    assert confusions(alone, THREE)[0].person == 0
    split = by_coder(("1 2 1 2 1 2", "2 1 2 1 1 2", "2 2 1 1 2 1"))
    assert confusions(split, THREE)[0].person is None
    two_people = by_coder(("1 1 1 1 1 1", "2 2 2 2 2 2"))
    assert confusions(two_people, THREE)[0].person is None
    few = by_coder(("1 1 1 1", "2 2 2 2", "2 2 2 2"))
    assert confusions(few, THREE)[0].person is None


def test_of_several_classes_those_count_that_one_has_and_the_other_lacks() -> None:
    has = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0]], dtype=bool)
    found = confusions(by_coder(("1 1", "2 3")), has)
    assert [(pair.one, pair.other, pair.items) for pair in found] == [(1, NEITHER, 1), (1, 2, 1)]


def test_only_one_of_three_or_more_said_so() -> None:
    found = ratings(
        np.array([0, 0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 2, 0, 1, 0, 1, 2]), np.array([1, 1, 2, 0, 1, 0, 1, 2])
    )
    assert only_one_said(found).tolist() == [False, False, True, False, False, True, True, True]
