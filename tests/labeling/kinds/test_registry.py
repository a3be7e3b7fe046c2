"""The laws of kinds, over all that are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds.registry import KINDS, register
from tests.labeling.kinds.laws import LAWS
from tests.labeling.kinds.strategies import STRATEGIES, question

if TYPE_CHECKING:
    from collections.abc import Callable


def test_every_kind_is_registered_once_and_has_a_strategy() -> None:
    assert all(name == kind.NAME for name, kind in KINDS.items())
    assert set(STRATEGIES) == set(KINDS)
    with pytest.raises(ValueError, match="already"):
        register(KINDS["choice"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_law(law: Callable[[str, st.DataObject], None], kind: str, data: st.DataObject) -> None:
    law(kind, data)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_kind_can_be_told_in_words(kind: object) -> None:
    words = [getattr(kind, member) for member in ("TITLE", "ABOUT", "ICON")]
    assert all(words)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_weights_that_make_no_vote_are_a_mistake_of_the_caller(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        question(kind="rating").consensus([1, 2], weights)


def test_weights_of_nothing_count_all_answers_the_same() -> None:
    agreed = question(kind="rating").consensus([2, 2, 5], [0, 0, 0])
    assert agreed is not None
    assert agreed[0] == 2
