"""Answers given in plain forms, for questions whose answers fit into one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid
from labeling.selectors.explorer import Chip, named_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.schema import Question, Schema

MAX_BUTTONS = 60
"""Labels offered as buttons; more are offered as a list."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A question as a form offers it: labels to press, labels to tick, or words to write."""

    name: str
    title: str
    labels: list[tuple[str, Chip]]
    several: bool

    @property
    def buttons(self) -> bool:
        """Whether each label is a button of its own."""
        return bool(self.labels) and not self.several and len(self.labels) <= MAX_BUTTONS


def offered(schema: Schema) -> list[Offered]:
    """Return the questions of a schema that a form can ask."""
    return [
        Offered(
            name=question.name,
            title=question.title,
            labels=[(name, named_labels(question).get(name, Chip(name))) for name in question.class_names],
            several=_takes_several(question),
        )
        for question in schema.questions
    ]


def from_form(question: Question, given: Sequence[str]) -> Any:
    """Return the answer in what a form sent: one word, a number, or a list, whichever the question takes."""
    candidates: list[Any] = [list(given)]
    if len(given) == 1:
        candidates = [given[0], *_plain(given[0]), list(given)]
    refusal: Invalid | None = None
    for candidate in candidates:
        try:
            return question.dump_answer(question.parse(candidate))
        except Invalid as error:
            refusal = refusal or error
    assert refusal is not None  # noqa: S101 - there is at least one candidate
    raise refusal


def _plain(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _takes_several(question: Question) -> bool:
    if not question.class_names:
        return False
    try:
        question.behavior.parse([], question.config.relaxed())
    except Invalid:
        return False
    return True
