"""What hypothesis draws for kinds: settings of every kind, and answers that keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from labeling.kinds.schema import Question, parse_schema

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

NAMES = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
LABEL_NAMES = st.lists(NAMES, min_size=1, max_size=8, unique=True)


def question(**settings: Any) -> Question:
    """Return the question of a schema that asks only this about a text."""
    document = {
        "fields": [{"name": "shown", "type": "text"}],
        "questions": [{"name": "asked", "field": "shown", **settings}],
    }
    return parse_schema(document).questions[0]


@st.composite
def asked(draw: DrawFn) -> tuple[Question, SearchStrategy[Any]]:
    """Draw a question of any kind and a strategy for raw answers to it."""
    kind = draw(st.sampled_from(["choice", "multi_choice", "rating", "text"]))
    match kind:
        case "choice":
            names = draw(LABEL_NAMES)
            return question(kind=kind, labels=names), st.sampled_from(names)
        case "multi_choice":
            names = draw(LABEL_NAMES)
            least = draw(st.integers(0, len(names)))
            most = draw(st.integers(max(least, 1), len(names)))
            answers = st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)
            return question(kind=kind, labels=names, min=least, max=most), answers
        case "rating":
            low = draw(st.integers(-50, 50))
            high = draw(st.integers(low + 1, low + 100))
            return question(kind=kind, min=low, max=high), st.integers(low, high)
        case _:
            words = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)
            return question(kind=kind), words.filter(str.strip)
