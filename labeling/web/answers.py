"""Answers given in plain forms, for questions whose answers fit into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem
from labeling.selectors.explorer import named_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.kinds.protocol import Form
    from labeling.kinds.schema import Question, Schema
    from labeling.selectors.explorer import Chip

MAX_BUTTONS = 60
"""Labels offered as buttons; more are offered as a list."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A question as a form offers it: labels to press, labels to tick, or words to write."""

    name: str
    title: str
    labels: list[tuple[str, Chip]]
    form: Form

    @property
    def buttons(self) -> bool:
        """Whether each label is a button of its own."""
        return self.form == "one" and len(self.labels) <= MAX_BUTTONS


def offered(schema: Schema) -> list[Offered]:
    """Return the questions of a schema that a form can ask."""
    return [
        Offered(
            name=question.name,
            title=question.title,
            labels=list(named_labels(question).items()),
            form=question.form,
        )
        for question in schema.questions
        if question.form != "none"
    ]


def from_form(question: Question, given: Sequence[str]) -> Any:
    """Return the answer in what a form sent: one word, a number, or a list, whichever the question takes."""
    if question.form == "none":
        message = f"“{question.title}” is answered on the item itself, not in a form."
        raise Invalid(message, problems=(Problem(question.name, message),))
    raw = given[0] if question.form != "many" and len(given) == 1 else list(given)
    return question.dump_answer(question.guess_words(raw))
