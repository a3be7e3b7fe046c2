"""Text: an answer in free words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from labeling.kinds.base import KindConfig
from labeling.kinds.problems import found, newlines, unstorable, wrong
from labeling.kinds.voting import confidence, same, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "text"
TITLE = "Free text"
FIELD_TYPES = frozenset({"text", "image"})

_LINE = 120

Answer = str


class Config(KindConfig):
    """How long an answer may be, and whether it may have several lines."""

    max_length: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    multiline: bool = True


def parse(raw: Any, config: Config, field: Any = None) -> Answer:
    """Return the text with LF line ends.

    Parameters
    ----------
    raw : object
        A text that is not blank.
    config : Config
        The question's settings.
    field : object
        What the task shows; of no influence here.

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


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return the Levenshtein distance over the length of the longer text."""
    return float(Levenshtein.normalized_distance(a, b))


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float]:
    """Return the answer closest to all others (the weighted medoid); a tie goes to the first in code point order."""
    parts = shares(answers, weights)
    spread = {
        candidate: math.fsum(
            part * distance(candidate, answer, config) for answer, part in zip(answers, parts, strict=True)
        )
        for candidate in sorted(set(answers))
    }
    least = min(spread.values())
    winner, *rivals = [candidate for candidate, value in spread.items() if same(value, least)]
    return winner, confidence(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return no class: free words are not counted or balanced."""
    return []


def class_names(config: Config) -> list[str]:
    """Return no class: free words are not counted or balanced."""
    return []


def describe(answer: Answer) -> str:
    """Return the text in one line, cut where it is long."""
    line = " ".join(answer.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"


def dump(answer: Answer) -> str:
    """Return the answer as JSON holds it."""
    return answer
