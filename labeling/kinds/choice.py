"""Choice: exactly one label of a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from labeling.kinds.labels import LabeledConfig, label_readings, label_settings, lacking_labels
from labeling.kinds.problems import found, listed, quoted, wrong
from labeling.kinds.voting import outcome, shares, tied
from labeling.kinds.whole import whole_part, whole_patched, whole_remarks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.kinds.protocol import Change, Column, Form, Names, Option, Part, Remark

NAME = "choice"
TITLE = "One label"
ABOUT = "Exactly one of the labels below."
ICON = "choice"
FIELD_TYPES = frozenset({"text", "image"})
LOOKS_AT_ITEM = False
FORM: Form = "one"
NAMES: Names = "labels"
COLUMN: Column = str
TRACK = "single"

Answer = str


class Config(LabeledConfig):
    """The labels to choose from."""


def parse(raw: Any, config: Config, item: Any) -> Answer:
    """Return the label's name.

    Parameters
    ----------
    raw : object
        What was sent.
    config : Config
        The question's settings.
    item : object
        Of no influence here.

    Returns
    -------
    str
    """
    if not isinstance(raw, str):
        raise wrong(f"Expected the name of one label, found {found(raw)}.")
    if raw not in config.positions:
        raise wrong(f"Expected one of the labels {listed(config.names)}; found {quoted(raw)}.")
    return raw


def load(stored: Any) -> Answer:
    """Return the label's name, on offer or not."""
    if not isinstance(stored, str):
        raise wrong(f"Expected the name of one label, found {found(stored)}.")
    return stored


def dump(answer: Answer) -> str:
    """Return the answer as JSON holds it."""
    return answer


def same(a: Answer, b: Answer, config: Config) -> bool:
    """Return whether it is the same label."""
    return a == b


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return 0 for the same label and 1 for another (the nominal distance)."""
    return 0.0 if a == b else 1.0


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float] | None:
    """Return the label with most weight and its share of it; a tie is no answer.

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
        The share is above 0 and at most 1; None where two labels have the same, greatest weight.
    """
    parts = shares(answers, weights)
    votes = {
        name: math.fsum(part for answer, part in zip(answers, parts, strict=True) if answer == name)
        for name in sorted(set(answers))
    }
    top = max(votes.values())
    winner, *rivals = [name for name, vote in votes.items() if tied(vote, top)]
    return outcome(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return the label as the one class."""
    return [answer]


def options(config: Config) -> tuple[Option, ...]:
    """Return the labels, in the order of the schema."""
    return config.options


def parts(answer: Answer) -> tuple[Part, ...]:
    """Return the label as the only part."""
    return whole_part(dump(answer), describe(answer))


def patch(answer: Answer, change: Change, config: Config) -> Answer:
    """Return the label that takes the place of the answer."""
    return whole_patched(change, load)


def describe(answer: Answer) -> str:
    """Return the label's name."""
    return answer


def lint(answer: Answer, item: Any, config: Config) -> list[Remark]:
    """Return that the label is not on offer any more, if so."""
    return whole_remarks(dump(answer), lambda raw: parse(raw, config, item))


def readings(raw: Any, config: Config) -> Iterator[Any]:
    """Yield the label names that a value may stand for."""
    return label_readings(raw, config)


def settings(names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
    """Return the names as labels."""
    return label_settings(names, chosen)


def lacks(names: Sequence[str]) -> Iterator[str]:
    """Yield that there is no label yet."""
    return lacking_labels(names)
