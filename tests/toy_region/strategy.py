"""What hypothesis draws for stretches: the second and last file of the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.labeling.kinds.strategies import LABEL_NAMES, WORDS, Asked, question

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


def draw_stretches(draw: DrawFn) -> Asked:
    """Draw labels, a text, and answers that lie within the text."""
    names = draw(LABEL_NAMES.filter(lambda names: all(name.isprintable() for name in names)))
    text = draw(WORDS)

    def piece(place: int, start: int, length: int, label: str) -> dict[str, Any]:
        end = min(start % len(text) + length, len(text))
        return {"id": f"s{place}", "start": min(start % len(text), end - 1), "end": end, "label": label}

    one = st.tuples(st.integers(0, 100), st.integers(1, 10), st.sampled_from(names))
    pieces = st.lists(one, max_size=4).map(lambda drawn: [piece(at, *rest) for at, rest in enumerate(drawn)])
    return Asked(question(kind="stretch", labels=names), text, pieces)
