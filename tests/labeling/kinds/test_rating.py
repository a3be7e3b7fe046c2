"""Rating."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Invalid
from tests.labeling.kinds.strategies import near, question

ASKED = question(kind="rating", min=1, max=5, labels={"5": "best", "1": "worst"})


def test_the_answer_is_a_step_of_the_scale() -> None:
    assert ASKED.parse(4, None) == 4
    assert ASKED.classes(4) == ["4"]
    assert ASKED.class_names == ["1", "2", "3", "4", "5"]
    assert list(ASKED.dump()["labels"].items()) == [("1", "worst"), ("5", "best")]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (0, "0"),
        (6, "6"),
        (True, "true or false"),
        (3.0, "a number with a fraction"),
        ("3", "text"),
        (None, "nothing (null)"),
        (10**400, "a far larger one"),
    ],
)
def test_anything_else_is_refused(raw: Any, found: str) -> None:
    with pytest.raises(Invalid) as caught:
        ASKED.parse(raw, None)
    assert caught.value.message == f"Expected a whole number from 1 to 5, found {found}."


def test_distance_is_the_interval_distance() -> None:
    assert ASKED.distance(1, 5) == 1
    assert ASKED.distance(2, 4) == 0.25


@pytest.mark.parametrize(
    ("answers", "weights", "expected"),
    [
        ([4, 5], [1, 1], (4, 1 - 1 / 16)),
        ([1, 4, 5], [1, 1, 1], (4, 1 - (9 / 16 + 1 / 16) / 3)),
        ([1, 5], [1, 3], (5, 0.75)),
        ([3, 3, 5, 5], [1, 1, 1, 1], (3, 0.75)),
    ],
)
def test_consensus_is_the_weighted_median(
    answers: list[int], weights: list[float], expected: tuple[int, float]
) -> None:
    assert ASKED.consensus(answers, weights) == (expected[0], near(expected[1]))


def test_the_two_ends_of_the_scale_are_a_tie() -> None:
    assert ASKED.consensus([1, 5]) is None
    assert ASKED.consensus([1, 1, 5, 5]) is None


def test_a_step_that_is_off_the_scale_by_now_is_as_far_as_its_end() -> None:
    assert ASKED.distance(ASKED.load(9), 1) == 1
    assert ASKED.load(9) == 9


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"min": 5, "max": 5}, "questions[0].max"),
        ({"min": 0, "max": 101}, "questions[0].max"),
        ({"labels": {"6": "x"}}, "questions[0].labels.6"),
        ({"labels": {"one": "x"}}, "questions[0].labels"),
        ({"labels": {"01": "x"}}, "questions[0].labels"),
        ({"min": 1.5}, "questions[0].min"),
    ],
)
def test_a_scale_that_is_none_is_refused(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        question(kind="rating", **settings)
    assert [problem.path for problem in caught.value.problems] == [path]
