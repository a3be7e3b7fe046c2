"""Rating: a whole number on an ordered scale."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from labeling.errors import Problem
from labeling.kinds.base import KindConfig, Line
from labeling.kinds.problems import found, quoted, wrong
from labeling.kinds.protocol import Option
from labeling.kinds.readings import plain_readings
from labeling.kinds.voting import outcome, shares, tied
from labeling.kinds.whole import whole_part, whole_patched, whole_remarks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.kinds.protocol import Change, Column, Form, Names, Part, Remark

NAME = "rating"
TITLE = "A step on a scale"
ABOUT = "One of the steps below, from the lowest to the highest."
ICON = "rating"
FIELD_TYPES = frozenset({"text", "image"})
LOOKS_AT_ITEM = False
FORM: Form = "one"
NAMES: Names = "steps"
COLUMN: Column = int
TRACK = ""

STEPS = 5
"""Steps of a scale whose steps have no names."""

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
    max: Annotated[int, Field(ge=-1_000, le=1_000)] = STEPS
    labels: Annotated[dict[str, Line], AfterValidator(_by_step)] = Field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The steps from the lowest to the highest; a digit is the key of its step."""
        return tuple(
            Option(
                name=str(step),
                title=f"{step} · {self.labels[str(step)]}" if str(step) in self.labels else str(step),
                key=str(step) if 0 <= step <= 9 else "",
            )
            for step in range(self.min, self.max + 1)
        )

    def problems(self) -> Iterator[Problem]:
        """Yield ends that make no scale, and names of steps outside it."""
        if self.max <= self.min:
            yield Problem("max", f"Expected more than {self.min}, because min is {self.min}.")
        elif self.max - self.min >= MAX_STEPS:
            yield Problem("max", f"Expected a scale of at most {MAX_STEPS} steps.")
        for step in self.labels:
            if not self.min <= int(step) <= self.max:
                yield Problem(f"labels.{step}", f"Expected a step from {self.min} to {self.max}.")


def parse(raw: Any, config: Config, item: Any) -> Answer:
    """Return the number.

    Parameters
    ----------
    raw : object
        A whole number from `min` to `max`.
    config : Config
        The question's settings.
    item : object
        Of no influence here.

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


def load(stored: Any) -> Answer:
    """Return the number, on the scale or not."""
    if isinstance(stored, bool) or not isinstance(stored, int):
        raise wrong(f"Expected a whole number, found {found(stored)}.")
    return int(stored)


def dump(answer: Answer) -> int:
    """Return the answer as JSON holds it."""
    return answer


def same(a: Answer, b: Answer, config: Config) -> bool:
    """Return whether it is the same step."""
    return a == b


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return the squared difference over the squared range of the scale.

    This is the interval distance of Krippendorff (2004, "Content Analysis", chapter 11), scaled to the two ends.

    Parameters
    ----------
    a, b : int
        Two steps; one that the scale does not have any more counts as beyond its end.
    config : Config
        The question's settings.

    Returns
    -------
    float
        0 (the same step) to 1 (the two ends).
    """
    return min(1.0, ((a - b) / (config.max - config.min)) ** 2)


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float] | None:
    """Return the weighted median; of two middle values the lower, with the confidence that their distance leaves.

    The median is the step with the least weighted sum of differences to the answers. Where half of the weight lies
    below and half above, every step from one middle value to the other is a median: neighbors on the scale are near
    enough to take the lower, its two ends are a tie, which is no answer.

    Parameters
    ----------
    answers : sequence of int
        At least one.
    weights : sequence of float
        One of 0 or more per answer.
    config : Config
        The question's settings.

    Returns
    -------
    tuple of int and float, or None
        The confidence is above 0 and at most 1.
    """
    parts = shares(answers, weights)
    ordered = sorted(zip(answers, parts, strict=True))
    reached, middle = 0.0, []
    for answer, part in ordered:
        reached += part
        if part and (reached > 0.5 or tied(reached, 0.5)):
            middle.append(answer)
            if not tied(reached, 0.5):
                break
    winner, *rivals = middle
    return outcome(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return the number in digits as the one class."""
    return [str(answer)]


def options(config: Config) -> tuple[Option, ...]:
    """Return the steps, from the lowest to the highest."""
    return config.options


def parts(answer: Answer) -> tuple[Part, ...]:
    """Return the number as the only part."""
    return whole_part(dump(answer), describe(answer))


def patch(answer: Answer, change: Change, config: Config) -> Answer:
    """Return the number that takes the place of the answer."""
    return whole_patched(change, load)


def describe(answer: Answer) -> str:
    """Return the number in digits."""
    return str(answer)


def lint(answer: Answer, item: Any, config: Config) -> list[Remark]:
    """Return that the scale does not have the step any more, if so."""
    return whole_remarks(dump(answer), lambda raw: parse(raw, config, item))


def readings(raw: Any, config: Config) -> Iterator[Any]:
    """Yield the numbers that a value may stand for."""
    return plain_readings(raw)


def settings(names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
    """Return a scale from 1 with a name for each step, or one of `STEPS` steps without names."""
    named = {"labels": {str(step): name for step, name in enumerate(names, start=1)}} if names else {}
    return {"min": 1, "max": len(names) or STEPS} | named


def lacks(names: Sequence[str]) -> Iterator[str]:
    """Yield that a scale has more than one step."""
    if len(names) == 1:
        yield "A scale has at least two steps."
