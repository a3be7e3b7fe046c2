"""Choice: exactly one label of a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from labeling.kinds.labels import LabeledConfig
from labeling.kinds.problems import found, listed, quoted, wrong
from labeling.kinds.voting import confidence, same, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "choice"
TITLE = "One label"
FIELD_TYPES = frozenset({"text", "image"})

Answer = str


class Config(LabeledConfig):
    """The labels to choose from."""


def parse(raw: Any, config: Config, field: Any = None) -> Answer:
    """Return the label's name.

    Parameters
    ----------
    raw : object
        What was sent.
    config : Config
        The question's settings.
    field : object
        What the task shows; of no influence here.

    Returns
    -------
    str
    """
    if not isinstance(raw, str):
        raise wrong(f"Expected the name of one label, found {found(raw)}.")
    if raw not in config.positions:
        raise wrong(f"Expected one of the labels {listed(config.names)}; found {quoted(raw)}.")
    return raw


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return 0 for the same label and 1 for another."""
    return 0.0 if a == b else 1.0


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float]:
    """Return the label with most weight and its share of it; a tie goes to the earlier label, with confidence 0."""
    parts = shares(answers, weights)
    votes = {
        name: math.fsum(part for answer, part in zip(answers, parts, strict=True) if answer == name)
        for name in sorted(set(answers), key=lambda name: config.positions.get(name, len(config.labels)))
    }
    top = max(votes.values())
    winner, *rivals = [name for name, vote in votes.items() if same(vote, top)]
    return winner, confidence(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return the label as the one class."""
    return [answer]


def class_names(config: Config) -> list[str]:
    """Return every class an answer can have, in the order of the schema."""
    return list(config.names)


def describe(answer: Answer) -> str:
    """Return the label's name."""
    return answer


def dump(answer: Answer) -> str:
    """Return the answer as JSON holds it."""
    return answer
