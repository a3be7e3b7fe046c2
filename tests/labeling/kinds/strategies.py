"""What hypothesis draws for kinds: settings of every kind, an item, and answers to it that keep them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from labeling.kinds.schema import Question, parse_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

NAMES = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
LABEL_NAMES = st.lists(NAMES, min_size=1, max_size=8, unique=True)
WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


@dataclass(frozen=True)
class Asked:
    """A question, an item it is asked about, and a strategy for raw answers that it takes."""

    question: Question
    item: Any
    raw: SearchStrategy[Any]

    @property
    def answers(self) -> SearchStrategy[Any]:
        """Draw answers as the gate lets them through."""
        return self.raw.map(lambda raw: self.question.parse(raw, self.item))


def near(value: float) -> Any:
    """Return a number that equals those beside it, for comparing what holds one."""
    return pytest.approx(value)


def question(**settings: Any) -> Question:
    """Return the question of a schema that asks only this about a text."""
    document = {
        "fields": [{"name": "shown", "type": "text"}],
        "questions": [{"name": "asked", "field": "shown", **settings}],
    }
    return parse_schema(document).questions[0]


def _choice(draw: DrawFn) -> Asked:
    names = draw(LABEL_NAMES)
    return Asked(question(kind="choice", labels=names), draw(WORDS), st.sampled_from(names))


def _multi_choice(draw: DrawFn) -> Asked:
    names = draw(LABEL_NAMES)
    least = draw(st.integers(0, len(names)))
    most = draw(st.integers(max(least, 1), len(names)))
    answers = st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)
    return Asked(question(kind="multi_choice", labels=names, min=least, max=most), draw(WORDS), answers)


def _rating(draw: DrawFn) -> Asked:
    low = draw(st.integers(-50, 50))
    high = draw(st.integers(low + 1, low + 100))
    return Asked(question(kind="rating", min=low, max=high), draw(WORDS), st.integers(low, high))


def _text(draw: DrawFn) -> Asked:
    longest = draw(st.integers(5, 60))
    words = WORDS.filter(lambda text: text.strip() and len(text) <= longest)
    return Asked(question(kind="text", max_length=longest), draw(WORDS), words)


STRATEGIES: dict[str, Callable[[DrawFn], Asked]] = {
    "choice": _choice,
    "multi_choice": _multi_choice,
    "rating": _rating,
    "text": _text,
}
"""By kind; a kind without one fails the laws."""


@st.composite
def asked(draw: DrawFn, kind: str) -> Asked:
    """Draw a question of a kind, an item, and the answers to it."""
    return STRATEGIES[kind](draw)
