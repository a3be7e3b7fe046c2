"""What the settings of every kind have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from labeling.kinds.problems import newlines, unstorable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.errors import Problem


def storable(text: str) -> str:
    """Return the text with LF line ends, or say why it cannot be kept."""
    if reason := unstorable(text):
        raise ValueError(reason)
    return newlines(text)


def one_line(text: str) -> str:
    """Return the text without space around it, or say why it is no line of text."""
    text = storable(text).strip()
    if not text:
        raise ValueError("This may not be empty.")
    if not text.isprintable():
        raise ValueError("Expected one line of text without tabs, line ends or control characters.")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(one_line)]
Prose = Annotated[str, Field(max_length=5_000), AfterValidator(storable)]


class Strict(BaseModel):
    """A piece of a schema: no unknown keys, no silent conversion, no change afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KindConfig(Strict):
    """The settings of one question; each kind adds its own."""

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the settings taken together."""
        return iter(())

    def relaxed(self) -> Self:
        """Return the settings that a draft is held to: unfinished is allowed, wrong is not."""
        return self
