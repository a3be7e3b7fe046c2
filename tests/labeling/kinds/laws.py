"""The laws that every kind keeps, whatever its settings; each takes a kind's name and what hypothesis draws."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from labeling.errors import Invalid
from labeling.kinds.protocol import Change
from tests.labeling.kinds.strategies import asked, near

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.kinds.schema import Question
    from tests.labeling.kinds.strategies import Asked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def stored(question: Question, answer: Any) -> Any:
    """Return an answer as it comes back from the database."""
    return json.loads(json.dumps(question.dump_answer(answer), allow_nan=False))


def loading_gives_back_what_was_accepted(kind: str, data: st.DataObject) -> None:
    """`load(dump(parse(x))) == parse(x)`, and equal answers are equal JSON."""
    about: Asked = data.draw(asked(kind))
    answer = data.draw(about.answers)
    kept = stored(about.question, answer)
    assert about.question.load(kept) == answer
    assert stored(about.question, about.question.load(kept)) == kept
    assert about.question.parse(kept, about.item) == answer


def an_answer_outlives_every_setting(kind: str, data: st.DataObject) -> None:
    """An accepted answer loads, compares, votes and is shown under any later settings."""
    before: Asked = data.draw(asked(kind))
    later: Asked = data.draw(asked(kind))
    old, new = data.draw(before.answers), data.draw(later.answers)
    question = later.question
    answer = question.load(stored(before.question, old))
    assert answer == old
    assert question.same(answer, answer)
    assert 0 <= question.distance(answer, new) <= 1
    agreed = question.consensus([answer, answer])
    assert agreed is not None
    assert question.same(agreed[0], answer)
    assert question.classes(answer) == before.question.classes(old)
    assert question.describe(answer) == before.question.describe(old)
    assert {remark.part for remark in question.lint(answer, later.item)} <= {
        "",
        *(part.id for part in question.parts(answer)),
    }


def distance_is_a_measure(kind: str, data: st.DataObject) -> None:
    """It is symmetric, 0 for equal answers, and at most 1; equal answers are the same."""
    about: Asked = data.draw(asked(kind))
    one, other = data.draw(about.answers), data.draw(about.answers)
    question = about.question
    assert question.distance(one, one) == 0
    assert question.distance(one, other) == pytest.approx(question.distance(other, one))
    assert 0 <= question.distance(one, other) <= 1
    assert question.same(one, one)
    assert question.same(one, other) == question.same(other, one)
    if one == other:
        assert question.same(one, other)
        assert question.distance(one, other) == 0


def consensus_does_not_depend_on_the_order(kind: str, data: st.DataObject) -> None:
    """What several answers amount to could have been answered, or is nothing."""
    about: Asked = data.draw(asked(kind))
    answers = data.draw(st.lists(about.answers, min_size=1, max_size=6))
    weights = data.draw(st.lists(st.floats(0, 10), min_size=len(answers), max_size=len(answers)))
    found, again = about.question.consensus(answers, weights), about.question.consensus(answers[::-1], weights[::-1])
    if found is None or again is None:
        assert found is again
        return
    assert about.question.parse(stored(about.question, found[0]), about.item) == found[0]
    assert 0 < found[1] <= 1
    assert again == (found[0], near(found[1]))


def people_who_agree_are_a_certain_consensus(kind: str, data: st.DataObject) -> None:
    """Equal answers amount to that answer."""
    about: Asked = data.draw(asked(kind))
    answer = data.draw(about.answers)
    assert about.question.consensus([answer] * 3) == (answer, near(1.0))


def parts_can_be_pointed_at_and_patched(kind: str, data: st.DataObject) -> None:
    """Ids are unique; a part that takes its own value is no change; a part that is not there cannot be changed."""
    about: Asked = data.draw(asked(kind))
    answer = data.draw(about.answers)
    question = about.question
    parts = question.parts(answer)
    assert len({part.id for part in parts}) == len(parts)
    for part in parts:
        assert "\n" not in part.words
        same = question.patch(answer, Change("change", part.id, json.loads(json.dumps(part.value))))
        assert question.same(same, answer)
        assert stored(question, same) == stored(question, answer)
    with pytest.raises(Invalid):
        question.patch(answer, Change("change", "no such part"))
    with pytest.raises(Invalid):
        question.patch(answer, Change("remove", "no such part"))


def a_suggestion_leads_from_one_answer_to_another(kind: str, data: st.DataObject) -> None:
    """Removing, changing and adding parts turns any answer into any other."""
    about: Asked = data.draw(asked(kind))
    one, other = data.draw(about.answers), data.draw(about.answers)
    question = about.question
    mine, theirs = ({part.id: part.value for part in question.parts(answer)} for answer in (one, other))
    answer = one
    for part in theirs:
        answer = question.patch(answer, Change("change" if part in mine else "add", part, theirs[part]))
    for part in mine.keys() - theirs.keys():
        answer = question.patch(answer, Change("remove", part))
    assert stored(question, answer) == stored(question, other)


def anything_else_is_refused_in_words(kind: str, data: st.DataObject) -> None:
    """Whatever JSON is sent, it is refused in sentences or is an answer that can be stored."""
    about: Asked = data.draw(asked(kind))
    raw = data.draw(JSON)
    for check in (about.question.load, partial(about.question.parse, item=about.item)):
        try:
            answer = check(raw)
        except Invalid as error:
            refusal = error
        else:
            assert about.question.load(stored(about.question, answer)) == answer
            continue
        assert refusal.problems
        assert all(problem.message.endswith(".") for problem in refusal.problems)


def classes_are_among_the_options(kind: str, data: st.DataObject) -> None:
    """They are distinct; options have names and titles; an answer is told in one line."""
    about: Asked = data.draw(asked(kind))
    answer = data.draw(about.answers)
    question = about.question
    found = question.classes(answer)
    assert len(set(found)) == len(found)
    assert set(found) <= set(question.class_names)
    assert len({option.name for option in question.options}) == len(question.options)
    assert all(option.title for option in question.options)
    assert "\n" not in question.describe(answer)
    assert len(question.describe(answer)) <= 120


def words_of_a_file_are_read_as_the_answer(kind: str, data: st.DataObject) -> None:
    """An answer that a file carries as JSON, or as JSON in a cell of text, is taken."""
    about: Asked = data.draw(asked(kind))
    answer = data.draw(about.answers)
    question = about.question
    assert question.parse_words(json.dumps(stored(question, answer)), about.item) is not None
    assert question.load(stored(question, question.guess_words(stored(question, answer)))) == answer


LAWS: tuple[Callable[[str, st.DataObject], None], ...] = (
    loading_gives_back_what_was_accepted,
    an_answer_outlives_every_setting,
    distance_is_a_measure,
    consensus_does_not_depend_on_the_order,
    people_who_agree_are_a_certain_consensus,
    parts_can_be_pointed_at_and_patched,
    a_suggestion_leads_from_one_answer_to_another,
    anything_else_is_refused_in_words,
    classes_are_among_the_options,
    words_of_a_file_are_read_as_the_answer,
)
