"""Multiple choice: any number of labels of a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from labeling.errors import Invalid, Problem
from labeling.kinds.labels import MAX_LABELS, LabeledConfig
from labeling.kinds.problems import found, listed, quoted, wrong
from labeling.kinds.voting import confidence, same, shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NAME = "multi_choice"
TITLE = "Several labels"
FIELD_TYPES = frozenset({"text", "image"})

Answer = tuple[str, ...]


class Config(LabeledConfig):
    """The labels on offer, and how many of them an answer must and may have (`min` 0 allows "none of them")."""

    min: Annotated[int, Field(ge=0, le=MAX_LABELS)] = 1
    max: Annotated[int, Field(ge=1, le=MAX_LABELS)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield repeated labels and limits that no answer can keep."""
        yield from super().problems()
        if self.min > len(self.labels):
            yield Problem("min", f"Expected at most {len(self.labels)}, the number of labels.")
        if self.max is not None and self.max < self.min:
            yield Problem("max", f"Expected {self.min} or more, because min is {self.min}.")

    def relaxed(self) -> Self:
        """Return the settings without the least number, for drafts."""
        return self.model_copy(update={"min": 0})


def parse(raw: Any, config: Config, field: Any = None) -> Answer:
    """Return the labels' names in the order of the schema.

    Parameters
    ----------
    raw : object
        A list of label names without repetition.
    config : Config
        The question's settings.
    field : object
        What the task shows; of no influence here.

    Returns
    -------
    tuple of str
    """
    if not isinstance(raw, list | tuple):
        raise wrong(f"Expected a list of label names, found {found(raw)}.")
    problems = [problem for place, item in enumerate(raw) if (problem := _problem(place, item, raw, config))]
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    if len(raw) < config.min:
        raise wrong(f"Expected at least {config.min} of the labels, found {len(raw)}.")
    if config.max is not None and len(raw) > config.max:
        raise wrong(f"Expected at most {config.max} of the labels, found {len(raw)}.")
    return _ordered(raw, config)


def _problem(place: int, item: Any, raw: Sequence[Any], config: Config) -> Problem | None:
    if not isinstance(item, str):
        return Problem(f"[{place}]", f"Expected the name of a label, found {found(item)}.")
    if item not in config.positions:
        return Problem(f"[{place}]", f"Expected one of the labels {listed(config.names)}; found {quoted(item)}.")
    if raw.index(item) != place:
        return Problem(f"[{place}]", f"The label {quoted(item)} is in the list twice.")
    return None


def _ordered(names: Iterable[str], config: Config) -> Answer:
    return tuple(sorted(names, key=lambda name: (config.positions.get(name, len(config.labels)), name)))


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return 1 - MASI: how little two sets of labels have in common.

    MASI (Passonneau 2006) is the Jaccard index times 1 for equal sets, 2/3 when one holds the other, 1/3 when they
    overlap and 0 when they share nothing. Two empty sets are equal.
    """
    one, other = set(a), set(b)
    if one == other:
        return 0.0
    shared = one & other
    if not shared:
        return 1.0
    factor = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1.0 - len(shared) / len(one | other) * factor


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float]:
    """Return the labels that more than half of the weight gave, kept within `min` and `max`.

    A label that exactly half gave is left out, and the confidence says so: it is at most 1 minus the distance to the
    answer that would have it.
    """
    parts = shares(answers, weights)
    votes = {
        name: math.fsum(part for answer, part in zip(answers, parts, strict=True) if name in answer)
        for name in _ordered({name for answer in answers for name in answer}, config)
    }
    ranked = sorted(votes, key=lambda name: -votes[name])
    sure = sum(1 for name in ranked if votes[name] > 0.5 and not same(votes[name], 0.5))
    possible = sure + sum(1 for name in ranked if same(votes[name], 0.5))
    size = _size(sure, config, available=len(ranked))
    winner = _ordered(ranked[:size], config)
    rivals = [_ordered(ranked[: _size(possible, config, available=len(ranked))], config)]
    if 0 < size < len(ranked) and same(votes[ranked[size - 1]], votes[ranked[size]]):
        rivals.append(_ordered([*ranked[: size - 1], ranked[size]], config))
    return winner, confidence(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def _size(wanted: int, config: Config, *, available: int) -> int:
    limited = wanted if config.max is None else min(wanted, config.max)
    return min(max(limited, config.min), available)


def classes(answer: Answer) -> list[str]:
    """Return the labels."""
    return list(answer)


def class_names(config: Config) -> list[str]:
    """Return every class an answer can have, in the order of the schema."""
    return list(config.names)


def describe(answer: Answer) -> str:
    """Return the labels' names in one line."""
    return ", ".join(answer) if answer else "none"


def dump(answer: Answer) -> list[str]:
    """Return the answer as JSON holds it."""
    return list(answer)
