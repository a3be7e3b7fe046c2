"""Text: an answer in free words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from labeling.kinds.base import KindConfig
from labeling.kinds.problems import found, newlines, unstorable, wrong
from labeling.kinds.readings import plain_readings
from labeling.kinds.voting import outcome, shares, tied
from labeling.kinds.whole import whole_part, whole_patched, whole_remarks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.kinds.protocol import Change, Column, Form, Names, Option, Part, Remark

NAME = "text"
TITLE = "Free words"
ABOUT = "Whatever the annotator writes."
ICON = "edit"
FIELD_TYPES = frozenset({"text", "image"})
LOOKS_AT_ITEM = False
FORM: Form = "words"
NAMES: Names = "none"
COLUMN: Column = str
TRACK = ""

_LINE = 120

Answer = str


class Config(KindConfig):
    """How long an answer may be, and whether it may have several lines."""

    max_length: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    multiline: bool = True


def parse(raw: Any, config: Config, item: Any) -> Answer:
    """Return the text with LF line ends.

    Parameters
    ----------
    raw : object
        A text that is not blank.
    config : Config
        The question's settings.
    item : object
        Of no influence here.

    Returns
    -------
    str
    """
    if not isinstance(raw, str):
        raise wrong(f"Expected text, found {found(raw)}.")
    if reason := unstorable(raw):
        raise wrong(reason)
    text = newlines(raw)
    if not text.strip():
        raise wrong("Expected some words; the text is blank.")
    if len(text) > config.max_length:
        raise wrong(f"Expected at most {config.max_length:,} characters, found {len(text):,}.")
    if not config.multiline and "\n" in text:
        raise wrong("Expected a single line; the text has line ends.")
    return text


def load(stored: Any) -> Answer:
    """Return the text, however long it is."""
    if not isinstance(stored, str):
        raise wrong(f"Expected text, found {found(stored)}.")
    return stored


def dump(answer: Answer) -> str:
    """Return the answer as JSON holds it."""
    return answer


def same(a: Answer, b: Answer, config: Config) -> bool:
    """Return whether it is the same text, character by character."""
    return a == b


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return the Levenshtein distance over the length of the longer text.

    The distance of Levenshtein (1966) is the least number of characters to insert, delete or replace.

    Parameters
    ----------
    a, b : str
        Two texts.
    config : Config
        The question's settings.

    Returns
    -------
    float
        0 (the same text) to 1 (no character can stay).
    """
    return float(Levenshtein.normalized_distance(a, b))


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float] | None:
    """Return the answer closest to all others (the weighted medoid).

    Of answers that are equally close, the first in code point order is taken, with a confidence of at most 1 minus
    their distance: two spellings of one sentence are near enough, two texts that share nothing are no answer.

    Parameters
    ----------
    answers : sequence of str
        At least one.
    weights : sequence of float
        One of 0 or more per answer.
    config : Config
        The question's settings.

    Returns
    -------
    tuple of str and float, or None
        The confidence is above 0 and at most 1.
    """
    parts = shares(answers, weights)
    spread = {
        candidate: math.fsum(
            part * distance(candidate, answer, config) for answer, part in zip(answers, parts, strict=True)
        )
        for candidate in sorted(set(answers))
    }
    least = min(spread.values())
    winner, *rivals = [candidate for candidate, value in spread.items() if tied(value, least)]
    return outcome(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return no class: free words are not counted or balanced."""
    return []


def options(config: Config) -> tuple[Option, ...]:
    """Return nothing: the words are the annotator's own."""
    return ()


def parts(answer: Answer) -> tuple[Part, ...]:
    """Return the text as the only part."""
    return whole_part(dump(answer), describe(answer))


def patch(answer: Answer, change: Change, config: Config) -> Answer:
    """Return the text that takes the place of the answer."""
    return whole_patched(change, load)


def describe(answer: Answer) -> str:
    """Return the text in one line, cut where it is long."""
    line = " ".join(answer.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"


def lint(answer: Answer, item: Any, config: Config) -> list[Remark]:
    """Return limits that the text does not keep."""
    return whole_remarks(dump(answer), lambda raw: parse(raw, config, item))


def readings(raw: Any, config: Config) -> Iterator[Any]:
    """Yield the texts that a value may stand for."""
    return plain_readings(raw)


def settings(names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
    """Return no settings: nothing is named."""
    return {}


def lacks(names: Sequence[str]) -> Iterator[str]:
    """Yield nothing: free words need no names."""
    return iter(())
