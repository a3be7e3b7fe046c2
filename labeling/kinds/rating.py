"""Rating: a whole number on an ordered scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from labeling.errors import Problem
from labeling.kinds.base import KindConfig, Line
from labeling.kinds.problems import found, quoted, wrong
from labeling.kinds.voting import confidence, same, shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = "rating"
TITLE = "Rating"
FIELD_TYPES = frozenset({"text", "image"})

MAX_STEPS = 101

Answer = int


def _by_step(labels: dict[str, str]) -> dict[str, str]:
    for step in labels:
        if not _is_step(step):
            raise ValueError(f"Expected the steps of the scale as keys, found {quoted(step)}.")
    return dict(sorted(labels.items(), key=lambda item: int(item[0])))


def _is_step(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 4 and str(int(text)) == text


class Config(KindConfig):
    """The ends of the scale, and names for some or all of its steps."""

    min: Annotated[int, Field(ge=-1_000, le=1_000)] = 1
    max: Annotated[int, Field(ge=-1_000, le=1_000)] = 5
    labels: Annotated[dict[str, Line], AfterValidator(_by_step)] = Field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """Yield ends that make no scale, and names of steps outside it."""
        if self.max <= self.min:
            yield Problem("max", f"Expected more than {self.min}, because min is {self.min}.")
        elif self.max - self.min >= MAX_STEPS:
            yield Problem("max", f"Expected a scale of at most {MAX_STEPS} steps.")
        for step in self.labels:
            if not self.min <= int(step) <= self.max:
                yield Problem(f"labels.{step}", f"Expected a step from {self.min} to {self.max}.")


def parse(raw: Any, config: Config, field: Any = None) -> Answer:
    """Return the number.

    Parameters
    ----------
    raw : object
        A whole number from `min` to `max`.
    config : Config
        The question's settings.
    field : object
        What the task shows; of no influence here.

    Returns
    -------
    int
    """
    if isinstance(raw, bool) or not isinstance(raw, int):
        what = "a number with a fraction" if isinstance(raw, float) else found(raw)
        raise wrong(f"Expected a whole number from {config.min} to {config.max}, found {what}.")
    if not config.min <= raw <= config.max:
        shown = str(raw) if abs(raw) < 10**12 else "a far larger one"
        raise wrong(f"Expected a whole number from {config.min} to {config.max}, found {shown}.")
    return int(raw)


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return the squared difference over the squared range of the scale (the interval distance)."""
    return ((a - b) / (config.max - config.min)) ** 2


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float]:
    """Return the weighted median; of two middle values the lower, with the confidence that their distance leaves."""
    parts = shares(answers, weights)
    ordered = sorted(zip(answers, parts, strict=True))
    reached, middle = 0.0, []
    for answer, part in ordered:
        reached += part
        if part and (reached > 0.5 or same(reached, 0.5)):
            middle.append(answer)
            if not same(reached, 0.5):
                break
    winner, *rivals = middle
    return winner, confidence(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return the number in digits as the one class."""
    return [str(answer)]


def class_names(config: Config) -> list[str]:
    """Return every class an answer can have, from the lowest step to the highest."""
    return [str(step) for step in range(config.min, config.max + 1)]


def describe(answer: Answer) -> str:
    """Return the number in digits."""
    return str(answer)


def dump(answer: Answer) -> int:
    """Return the answer as JSON holds it."""
    return answer
