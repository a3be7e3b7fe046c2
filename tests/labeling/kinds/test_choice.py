"""Choice."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Invalid
from tests.labeling.kinds.strategies import near, question

ASKED = question(kind="choice", labels=["spam", "ham", "eggs"])


def test_the_answer_is_a_label() -> None:
    assert ASKED.parse("ham", None) == "ham"
    assert ASKED.classes("ham") == ["ham"]
    assert ASKED.class_names == ["spam", "ham", "eggs"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("Ham", 'Expected one of the labels "spam", "ham", "eggs"; found "Ham".'),
        (["ham"], "Expected the name of one label, found a list."),
        (1, "Expected the name of one label, found a number."),
        (None, "Expected the name of one label, found nothing (null)."),
        ("a\x00b", 'Expected one of the labels "spam", "ham", "eggs"; found "a�b".'),
    ],
)
def test_anything_else_is_refused(raw: Any, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        ASKED.parse(raw, None)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [("", message)]


def test_a_long_list_of_labels_is_cut_in_the_message() -> None:
    many = question(kind="choice", labels=[f"label {n}" for n in range(100)])
    with pytest.raises(Invalid, match='"label 7" and 92 more'):
        many.parse("x", None)


@pytest.mark.parametrize(
    ("answers", "weights", "expected"),
    [
        (["ham"], [1], ("ham", 1.0)),
        (["ham", "spam", "ham"], [1, 1, 1], ("ham", 2 / 3)),
        (["ham", "spam"], [1, 3], ("spam", 0.75)),
        (["ham", "spam", "spam"], [0.9, 0.3, 0.3], ("ham", 0.6)),
    ],
)
def test_consensus_is_the_share_of_the_winner(
    answers: list[str], weights: list[float], expected: tuple[str, float]
) -> None:
    assert ASKED.consensus(answers, weights) == (expected[0], near(expected[1]))


@pytest.mark.parametrize("answers", [["ham", "spam"], ["eggs", "ham", "spam", "eggs", "ham"], ["ham", "spam", "eggs"]])
def test_a_tie_is_no_label(answers: list[str]) -> None:
    assert ASKED.consensus(answers) is None


def test_an_answer_from_a_removed_label_still_has_a_vote() -> None:
    assert ASKED.consensus(["gone", "gone", "ham"]) == ("gone", near(2 / 3))
    assert ASKED.classes(ASKED.load("gone")) == ["gone"]
    assert [remark.words[:30] for remark in ASKED.lint("gone", "text")] == ['Expected one of the labels "sp']


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (["spam", "ham"], "12"),
        ([str(n) for n in range(10)], "0123456789"),
        (["A", "b", "other", "1"], "ab21"),
        (["7", {"name": "x", "key": "7"}], "17"),
        (["g", "z"], "12"),
    ],
)
def test_a_label_named_like_a_key_gets_that_key(labels: list[Any], keys: str) -> None:
    asked = question(kind="choice", labels=labels)
    assert "".join(label["key"] for label in asked.dump()["labels"]) == keys
