"""Labels that a file gives and the project does not offer: counted, so that a person can say what they are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from labeling.models.imports import UnknownLabel

if TYPE_CHECKING:
    from labeling.kinds.schema import Question

MAX_COUNTED = 5_000
MAX_NAMED = 200
MAX_CHARS = 200
"""No label has a longer name: what is longer stays a problem of its row alone."""


class UnknownLabels:
    """Counts, over all rows of a file, the labels that are not on offer."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, str]] = Counter()

    def count(self, question: Question, raw: Any) -> None:
        """Count the labels in a value that was refused; past some thousand different ones only those known."""
        for label in question.unknown_labels(raw):
            key = question.name, label
            if len(label) <= MAX_CHARS and (key in self._rows or len(self._rows) < MAX_COUNTED):
                self._rows[key] += 1

    def named(self) -> list[UnknownLabel]:
        """Return those that most rows give."""
        return [
            UnknownLabel(question=question, label=label, rows=rows)
            for (question, label), rows in self._rows.most_common(MAX_NAMED)
        ]

    def more(self) -> int:
        """Return how many more there are than are named."""
        return max(0, len(self._rows) - MAX_NAMED)
