"""Text."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Invalid
from tests.labeling.kinds.strategies import near, question

ASKED = question(kind="text", max_length=20)


def test_line_ends_become_lf() -> None:
    assert ASKED.parse("one\r\ntwo\rthree", None) == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "Expected some words; the text is blank."),
        (" \n", "Expected some words; the text is blank."),
        ("x" * 21, "Expected at most 20 characters, found 21."),
        ("a\x00b", "The text has a NUL character; remove it."),
        ("a\ud800", "The text has half of a surrogate pair, which is no character; remove it."),
        (5, "Expected text, found a number."),
    ],
)
def test_anything_else_is_refused(raw: Any, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        ASKED.parse(raw, None)
    assert caught.value.message == message


def test_one_line_means_one_line() -> None:
    with pytest.raises(Invalid, match="single line"):
        question(kind="text", multiline=False).parse("a\nb", None)


def test_distance_is_the_share_of_changed_characters() -> None:
    assert ASKED.distance("kitten", "sitting") == pytest.approx(3 / 7)


def test_consensus_is_the_answer_closest_to_all() -> None:
    agreed = ASKED.consensus(["good bye", "goodby", "goodbye"])
    assert agreed is not None
    assert agreed[0] == "goodbye"
    assert ASKED.consensus(["abcd", "abce"]) == ("abcd", near(0.75))
    assert ASKED.consensus(["abcd", "wxyz"]) is None


def test_a_description_is_one_short_line() -> None:
    assert ASKED.describe("a\n  b") == "a b"
    assert len(ASKED.describe("x" * 500)) == 120
