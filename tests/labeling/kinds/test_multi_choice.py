"""Multiple choice."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Invalid
from tests.labeling.kinds.strategies import near, question

ASKED = question(kind="multi_choice", labels=["a", "b", "c", "d"], min=1, max=3)
FREE = question(kind="multi_choice", labels=["a", "b", "c", "d"], min=0)


def test_the_answer_is_in_the_order_of_the_schema() -> None:
    assert ASKED.parse(["c", "a"], None) == ("a", "c")
    assert ASKED.dump_answer(("a", "c")) == ["a", "c"]
    assert ASKED.describe(("a", "c")) == "a, c"
    assert FREE.describe(FREE.parse([], None)) == "none"


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ("a", "", "Expected a list of label names, found text."),
        ([], "", "Expected at least 1 of the labels, found 0."),
        (["a", "b", "c", "d"], "", "Expected at most 3 of the labels, found 4."),
        (["a", "x"], "[1]", 'Expected one of the labels "a", "b", "c", "d"; found "x".'),
        (["a", "a"], "[1]", 'The label "a" is in the list twice.'),
        (["a", 2], "[1]", "Expected the name of a label, found a number."),
    ],
)
def test_anything_else_is_refused(raw: Any, path: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        ASKED.parse(raw, None)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [(path, message)]


@pytest.mark.parametrize(
    ("one", "other", "masi"),
    [
        ("a", "a", 1),
        ("", "", 1),
        ("a", "", 0),
        ("ab", "cd", 0),
        ("a", "ab", 1 / 2 * 2 / 3),
        ("abc", "ab", 2 / 3 * 2 / 3),
        ("ab", "bc", 1 / 3 * 1 / 3),
        ("abc", "bcd", 2 / 4 * 1 / 3),
    ],
)
def test_distance_is_one_minus_masi(one: str, other: str, masi: float) -> None:
    assert FREE.distance(tuple(one), tuple(other)) == pytest.approx(1 - masi)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["ab", "ab", "a"], ("ab", 1 - (1 - 1 / 3) / 3)),
        (["ab", "a"], ("a", 1 / 3)),
        (["", "", "a"], ("", 2 / 3)),
    ],
)
def test_consensus_takes_what_more_than_half_gave(answers: list[str], expected: tuple[str, float]) -> None:
    agreed = FREE.consensus([tuple(answer) for answer in answers])
    assert agreed == (tuple(expected[0]), near(expected[1]))


@pytest.mark.parametrize("answers", [["a", "b"], ["a", "b", "c"], ["ab", "cd"], ["a", ""]])
def test_people_who_have_nothing_in_common_make_no_answer(answers: list[str]) -> None:
    assert FREE.consensus([tuple(answer) for answer in answers]) is None


def test_an_answer_of_before_a_limit_is_still_what_people_agree_on() -> None:
    later = question(kind="multi_choice", labels=["d", "c", "b", "a"], max=1)
    answer = later.load(["a", "b"])
    assert later.consensus([answer, later.load(["b", "a"])]) == (("b", "a"), 1.0)
    assert later.same(answer, ("b", "a"))
    assert [remark.words for remark in later.lint(answer, "text")] == ["Expected at most 1 of the labels, found 2."]


def test_consensus_keeps_the_limits_and_admits_the_tie() -> None:
    assert ASKED.consensus([("a",), ("b",), ("c",)]) is None
    agreed = ASKED.consensus([("a", "b", "c"), ("a", "b", "d"), ("a", "c", "d")])
    assert agreed is not None
    assert agreed[0] == ("a", "b", "c")
    assert agreed[1] < 1 / 2


@pytest.mark.parametrize(
    ("settings", "path"),
    [({"min": 5}, "questions[0].min"), ({"min": 2, "max": 1}, "questions[0].max"), ({"max": 0}, "questions[0].max")],
)
def test_limits_that_no_answer_can_keep_are_refused(settings: dict[str, int], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        question(kind="multi_choice", labels=["a", "b", "c", "d"], **settings)
    assert [problem.path for problem in caught.value.problems] == [path]
