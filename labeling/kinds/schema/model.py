"""The fields that tasks show and the questions asked about them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict

from labeling.kinds.base import KindConfig, Prose, Strict, storable
from labeling.kinds.problems import quoted
from labeling.kinds.registry import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def parse(self, raw: Any, field: Any = None) -> Any:
        """Return the answer in what was sent, or raise `Invalid` with paths relative to the answer."""
        return self.behavior.parse(raw, self.config, field)

    def distance(self, a: Any, b: Any) -> float:
        """Return how far two answers are apart, 0 (the same) to 1."""
        return self.behavior.distance(a, b, self.config)

    def consensus(self, answers: Sequence[Any], weights: Sequence[float] | None = None) -> tuple[Any, float]:
        """Return what several answers amount to and the confidence in it; without weights all count the same."""
        return self.behavior.consensus(answers, weights or [1.0] * len(answers), self.config)

    def classes(self, answer: Any) -> list[str]:
        """Return the classes of an answer."""
        return self.behavior.classes(answer)

    @property
    def class_names(self) -> list[str]:
        """Every class that an answer can have."""
        return self.behavior.class_names(self.config)

    def describe(self, answer: Any) -> str:
        """Return the answer in one line."""
        return self.behavior.describe(answer)

    def dump_answer(self, answer: Any) -> Any:
        """Return the answer as JSON holds it."""
        return self.behavior.dump(answer)

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

    def dump(self) -> dict[str, Any]:
        """Return normalized JSON that `parse_schema` turns into an equal schema."""
        return {
            "fields": [field.model_dump(mode="json") for field in self.fields],
            "questions": [question.dump() for question in self.questions],
        }
