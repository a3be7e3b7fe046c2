"""The fields that tasks show and the questions asked about them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict

from labeling.errors import Invalid
from labeling.kinds.base import KindConfig, Prose, Strict, storable
from labeling.kinds.problems import quoted
from labeling.kinds.registry import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.kinds.protocol import Change, Column, Form, Option, Part, Remark

RESERVED_NAMES = frozenset({"dcai", "dcai_state", "dcai_task", "external_id", "labels", "meta", "split"})
"""Names with a meaning of their own in the rows of imports and exports."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


def _identifier(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"Expected a letter followed by at most 62 letters, digits, - or _; found {quoted(text)}.")
    if text in RESERVED_NAMES:
        raise ValueError(f"The name {quoted(text)} has a meaning of its own in imports; choose another.")
    return text


Name = Annotated[str, AfterValidator(_identifier)]
Title = Annotated[str, pydantic.Field(max_length=200), AfterValidator(storable)]


def titled(name: str) -> str:
    """Return the words that a name without a title is shown as."""
    words = re.sub(r"[_-]+", " ", name).strip()
    return words[:1].upper() + words[1:] or name


class Field(Strict):
    """Something that a task shows."""

    name: Name
    type: Literal["text", "image"]
    title: Title = ""
    required: bool = True


class Common(Strict):
    """The part of a question that does not depend on its kind."""

    name: Name
    kind: str
    field: str
    title: Title = ""
    description: Prose = ""
    required: bool = True


class Question(BaseModel):
    """Something asked about a field; its methods are the kind's, with the question's own settings."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    kind: str
    field: str
    title: str
    description: str
    required: bool
    config: pydantic.SerializeAsAny[KindConfig]

    @property
    def behavior(self) -> Kind:
        """The module of the question's kind."""
        return KINDS[self.kind]

    def parse(self, raw: Any, item: Any) -> Any:
        """Return the answer in what was sent, or raise `Invalid` with paths relative to the answer.

        `item` is the value of the question's field in the task's data, None only where there is no item.
        """
        return self.behavior.parse(raw, self.config, item)

    def parse_words(self, raw: Any, item: Any) -> Any:
        """Return the answer in the first reading of a value that the question takes; for files that know only text."""
        return self._first_reading(raw, lambda reading: self.parse(reading, item))

    def guess_words(self, raw: Any) -> Any:
        """Return the first reading of a value that may be an answer, while it is not known to which item."""
        return self._first_reading(raw, self.load if self.looks_at_item else lambda reading: self.parse(reading, None))

    def _first_reading(self, raw: Any, check: Callable[[Any], Any]) -> Any:
        try:
            return check(raw)
        except Invalid:
            for reading in self.behavior.readings(raw, self.config):
                try:
                    return check(reading)
                except Invalid:
                    continue
            raise

    def unknown_labels(self, raw: Any) -> list[str]:
        """Return the labels in a value that are not on offer, by the reading with most that are."""
        if self.behavior.NAMES != "labels":
            return []
        most, unknown = -1, list[str]()
        for reading in (raw, *self.behavior.readings(raw, self.config)):
            try:
                names = self.classes(self.load(reading))
            except Invalid:
                continue
            known = sum(name in self.option_named for name in names)
            if known > most:
                most, unknown = known, [name for name in names if name not in self.option_named]
        return unknown

    def load(self, stored: Any) -> Any:
        """Return an answer that was accepted once, whatever the settings are by now."""
        return self.behavior.load(stored)

    def dump_answer(self, answer: Any) -> Any:
        """Return the answer as JSON holds it."""
        return self.behavior.dump(answer)

    def same(self, a: Any, b: Any) -> bool:
        """Return whether a person would call two answers the same."""
        return self.behavior.same(a, b, self.config)

    def distance(self, a: Any, b: Any) -> float:
        """Return how far two answers are apart, 0 (the same) to 1."""
        return self.behavior.distance(a, b, self.config)

    def consensus(self, answers: Sequence[Any], weights: Sequence[float] | None = None) -> tuple[Any, float] | None:
        """Return what several answers amount to and the confidence in it, or None for a tie; no weights: all alike."""
        return self.behavior.consensus(answers, weights or [1.0] * len(answers), self.config)

    def classes(self, answer: Any) -> list[str]:
        """Return the distinct classes of an answer."""
        return self.behavior.classes(answer)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """What the question offers, in its order."""
        return self.behavior.options(self.config)

    @cached_property
    def option_named(self) -> dict[str, Option]:
        """What the question offers, by name, in its order."""
        return {option.name: option for option in self.options}

    @cached_property
    def class_names(self) -> list[str]:
        """The names of what the question offers: every class that an accepted answer can have."""
        return list(self.option_named)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The paths of the groups that its options stand in, each before those within it."""
        return tuple(dict.fromkeys(path for option in self.options for path in option.groups))

    def names_within(self, group: str) -> list[str]:
        """Return the names of the options that stand in a group or within it."""
        return [option.name for option in self.options if group in option.groups]

    def parts(self, answer: Any) -> tuple[Part, ...]:
        """Return the addressable pieces of an answer."""
        return self.behavior.parts(answer)

    def patch(self, answer: Any, change: Change) -> Any:
        """Return the answer with one part changed, still to be parsed before it is accepted."""
        return self.behavior.patch(answer, change, self.config)

    def describe(self, answer: Any) -> str:
        """Return the answer in one line."""
        return self.behavior.describe(answer)

    def lint(self, answer: Any, item: Any) -> list[Remark]:
        """Return what is questionable about a stored answer."""
        return self.behavior.lint(answer, item, self.config)

    @property
    def form(self) -> Form:
        """How a plain HTML form may ask the question: "one", "many", "words" or "none"."""
        return self.behavior.FORM

    @property
    def column(self) -> Column:
        """What a Parquet column of its answers holds."""
        return self.behavior.COLUMN

    @property
    def track(self) -> str:
        """The name of the way in which quality learns and judges its answers; empty for none."""
        return self.behavior.TRACK

    @property
    def looks_at_item(self) -> bool:
        """Whether an answer that is right for one item may be wrong for another."""
        return self.behavior.LOOKS_AT_ITEM

    def dump(self) -> dict[str, Any]:
        """Return the question as normalized JSON: the kind's settings stand beside the common ones."""
        common = self.model_dump(mode="json", exclude={"config"})
        return common | self.config.model_dump(mode="json", exclude_none=True)


class Schema(BaseModel):
    """The fields and questions of a project at one version."""

    model_config = ConfigDict(frozen=True)

    fields: tuple[Field, ...]
    questions: tuple[Question, ...]

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return {question.name: question for question in self.questions}

    def field(self, name: str) -> Field | None:
        """Return the field of that name, if there is one."""
        return self._fields.get(name)

    def question(self, name: str) -> Question | None:
        """Return the question of that name, if there is one."""
        return self._questions.get(name)

    @property
    def one_key_answers(self) -> bool:
        """Whether one key is a whole answer: one question is asked, and it takes one of its options."""
        return len(self.questions) == 1 and self.questions[0].form == "one"

    def dump(self) -> dict[str, Any]:
        """Return normalized JSON that `parse_schema` turns into an equal schema."""
        return {
            "fields": [field.model_dump(mode="json") for field in self.fields],
            "questions": [question.dump() for question in self.questions],
        }
