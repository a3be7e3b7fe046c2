"""Flags as a word of the explorer's filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.selectors.explorer import Flagged, flagged_named

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(question=NAMES, given_label=NAMES, suggested=NAMES)
def test_a_word_stands_for_what_it_was_made_of(question: str, given_label: str, suggested: str) -> None:
    asked = Flagged("label_error", question=question, given=given_label, suggested=suggested)
    assert flagged_named(str(asked)) == asked


@pytest.mark.parametrize(
    "word",
    ["", "label_error", "flagged:", "flagged:nonsense", "flagged:label_error:a:b:c:d", "flagged:label_error:%00"],
)
def test_other_words_stand_for_none(word: str) -> None:
    assert flagged_named(word) is None


def test_a_word_is_no_longer_than_a_filter_may_be() -> None:
    assert flagged_named(str(Flagged("label_error", given="x" * 690))) is None
