"""The laws that every kind keeps, whatever its settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import Invalid, Problem
from labeling.kinds.problems import newlines
from labeling.kinds.registry import KINDS
from tests.labeling.kinds.strategies import asked, question

if TYPE_CHECKING:
    from labeling.kinds.schema import Question

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def problems_of(asks: Question, raw: Any) -> list[Problem]:
    try:
        asks.parse(raw)
    except Invalid as error:
        return list(error.problems) or [Problem("", "nothing was said")]
    return []


def test_every_kind_is_registered_under_its_own_name() -> None:
    assert set(KINDS) == {"choice", "multi_choice", "rating", "text"}
    assert all(name == kind.NAME for name, kind in KINDS.items())


@given(data=st.data())
def test_what_is_dumped_is_parsed_to_the_same(data: st.DataObject) -> None:
    asks, answers = data.draw(asked())
    answer = asks.parse(data.draw(answers))
    dumped = asks.dump_answer(answer)
    assert asks.parse(json.loads(json.dumps(dumped))) == answer
    assert asks.dump_answer(asks.parse(dumped)) == dumped


@given(data=st.data())
def test_distance_is_symmetric_in_range_and_nothing_for_the_same(data: st.DataObject) -> None:
    asks, answers = data.draw(asked())
    one, other = (asks.parse(data.draw(answers)) for _ in range(2))
    assert asks.distance(one, one) == 0
    assert asks.distance(one, other) == asks.distance(other, one)
    assert 0 <= asks.distance(one, other) <= 1
    assert (asks.distance(one, other) == 0) == (one == other)


@given(data=st.data())
def test_consensus_is_a_valid_answer_whatever_the_order(data: st.DataObject) -> None:
    asks, answers = data.draw(asked())
    given_answers = [asks.parse(raw) for raw in data.draw(st.lists(answers, min_size=1, max_size=6))]
    weights = data.draw(st.lists(st.floats(0, 10), min_size=len(given_answers), max_size=len(given_answers)))
    answer, confidence = asks.consensus(given_answers, weights)
    assert asks.parse(asks.dump_answer(answer)) == answer
    assert 0 <= confidence <= 1
    again, same = asks.consensus(given_answers[::-1], weights[::-1])
    assert again == answer
    assert same == pytest.approx(confidence)


@given(data=st.data())
def test_unanimous_answers_are_a_certain_consensus(data: st.DataObject) -> None:
    asks, answers = data.draw(asked())
    answer = asks.parse(data.draw(answers))
    agreed, confidence = asks.consensus([answer] * 3)
    assert agreed == answer
    assert confidence == pytest.approx(1.0)


@given(data=st.data(), raw=JSON)
def test_anything_else_is_refused_in_words(data: st.DataObject, raw: Any) -> None:
    asks, _ = data.draw(asked())
    problems = problems_of(asks, raw)
    assert all(problem.message.endswith(".") for problem in problems)
    if not problems:
        kept = asks.dump_answer(asks.parse(raw))
        assert kept == (newlines(raw) if isinstance(raw, str) else raw) or sorted(kept) == sorted(raw)


@given(data=st.data())
def test_classes_are_among_the_class_names_and_descriptions_are_one_line(data: st.DataObject) -> None:
    asks, answers = data.draw(asked())
    answer = asks.parse(data.draw(answers))
    assert set(asks.classes(answer)) <= set(asks.class_names)
    assert "\n" not in asks.describe(answer)
    assert len(asks.describe(answer)) <= 120


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_weights_that_make_no_vote_are_a_mistake_of_the_caller(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        question(kind="rating").consensus([1, 2], weights)


def test_weights_of_nothing_count_all_answers_the_same() -> None:
    assert question(kind="rating").consensus([2, 2, 5], [0, 0, 0])[0] == 2
