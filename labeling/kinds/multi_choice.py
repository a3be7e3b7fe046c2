"""Multiple choice: any number of labels of a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from labeling.errors import Invalid, Problem
from labeling.kinds.labels import MAX_LABELS, LabeledConfig, label_readings, label_settings, lacking_labels
from labeling.kinds.problems import found, listed, quoted, wrong
from labeling.kinds.voting import outcome, shares, tied
from labeling.kinds.whole import whole_part, whole_patched, whole_remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.kinds.protocol import Change, Column, Form, Names, Option, Part, Remark

NAME = "multi_choice"
TITLE = "Several labels"
ABOUT = "All labels that apply, or none."
ICON = "multi-choice"
FIELD_TYPES = frozenset({"text", "image"})
LOOKS_AT_ITEM = False
FORM: Form = "many"
NAMES: Names = "labels"
COLUMN: Column = [str]
TRACK = "several"

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


def parse(raw: Any, config: Config, item: Any) -> Answer:
    """Return the labels' names in the order of the schema.

    Parameters
    ----------
    raw : object
        A list of label names without repetition.
    config : Config
        The question's settings.
    item : object
        Of no influence here.

    Returns
    -------
    tuple of str
    """
    _check_names(raw, config)
    if len(raw) < config.min:
        raise wrong(f"Expected at least {config.min} of the labels, found {len(raw)}.")
    if config.max is not None and len(raw) > config.max:
        raise wrong(f"Expected at most {config.max} of the labels, found {len(raw)}.")
    return _ordered(raw, config)


def load(stored: Any) -> Answer:
    """Return the labels' names as they were stored, on offer or not, however many."""
    _check_names(stored)
    return tuple(stored)


def dump(answer: Answer) -> list[str]:
    """Return the answer as JSON holds it."""
    return list(answer)


def _check_names(raw: Any, config: Config | None = None) -> None:
    """Raise `Invalid` unless this is a list of names without repetition; with settings, of names on offer."""
    if not isinstance(raw, list | tuple):
        raise wrong(f"Expected a list of label names, found {found(raw)}.")
    problems = [problem for place, name in enumerate(raw) if (problem := _problem(place, name, raw, config))]
    if problems:
        raise Invalid(problems[0].message, problems=problems)


def _problem(place: int, name: Any, raw: Sequence[Any], config: Config | None = None) -> Problem | None:
    if not isinstance(name, str):
        return Problem(f"[{place}]", f"Expected the name of a label, found {found(name)}.")
    if config is not None and name not in config.positions:
        return Problem(f"[{place}]", f"Expected one of the labels {listed(config.names)}; found {quoted(name)}.")
    if raw.index(name) != place:
        return Problem(f"[{place}]", f"The label {quoted(name)} is in the list twice.")
    return None


def _ordered(names: Iterable[str], config: Config) -> Answer:
    return tuple(sorted(names, key=lambda name: (config.positions.get(name, len(config.labels)), name)))


def same(a: Answer, b: Answer, config: Config) -> bool:
    """Return whether the same labels were given, in whatever order: a schema may have changed its own since."""
    return set(a) == set(b)


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return 1 - MASI: how little two sets of labels have in common.

    MASI (Passonneau 2006, "Measuring agreement on set-valued items") is the Jaccard index times 1 for equal sets, 2/3
    when one holds the other, 1/3 when they overlap and 0 when they share nothing. Two empty sets are equal.

    Parameters
    ----------
    a, b : tuple of str
        The labels given.
    config : Config
        The question's settings.

    Returns
    -------
    float
        0 (the same labels) to 1 (none in common).
    """
    one, other = set(a), set(b)
    if one == other:
        return 0.0
    shared = one & other
    if not shared:
        return 1.0
    factor = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1.0 - len(shared) / len(one | other) * factor


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float] | None:
    """Return the labels that more than half of the weight gave, kept within `min` and `max`.

    A label that exactly half gave has no majority and is left out; the confidence is then at most 1 minus the distance
    to the answer that would have it. Where these two have nothing in common, as after "a" against "b", or no answer
    shares anything with what the majorities make, there is no answer.

    Parameters
    ----------
    answers : sequence of tuple of str
        At least one.
    weights : sequence of float
        One of 0 or more per answer.
    config : Config
        The question's settings.

    Returns
    -------
    tuple of answer and float, or None
        The confidence is above 0 and at most 1.
    """
    parts = shares(answers, weights)
    if all(same(answer, answers[0], config) for answer in answers):
        return _ordered(answers[0], config), 1.0  # Beyond `max` too: the limits may be younger than the answers.
    votes = {
        name: math.fsum(part for answer, part in zip(answers, parts, strict=True) if name in answer)
        for name in _ordered({name for answer in answers for name in answer}, config)
    }
    ranked = sorted(votes, key=lambda name: -votes[name])
    sure = sum(1 for name in ranked if votes[name] > 0.5 and not tied(votes[name], 0.5))
    possible = sure + sum(1 for name in ranked if tied(votes[name], 0.5))
    size = _size(sure, config, available=len(ranked))
    winner = _ordered(ranked[:size], config)
    rivals = [_ordered(ranked[: _size(possible, config, available=len(ranked))], config)]
    if 0 < size < len(ranked) and tied(votes[ranked[size - 1]], votes[ranked[size]]):
        rivals.append(_ordered([*ranked[: size - 1], ranked[size]], config))
    return outcome(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def _size(wanted: int, config: Config, *, available: int) -> int:
    limited = wanted if config.max is None else min(wanted, config.max)
    return min(max(limited, config.min), available)


def classes(answer: Answer) -> list[str]:
    """Return the labels."""
    return list(answer)


def options(config: Config) -> tuple[Option, ...]:
    """Return the labels, in the order of the schema."""
    return config.options


def parts(answer: Answer) -> tuple[Part, ...]:
    """Return the set of labels as the only part: no label can be right or wrong without the others."""
    return whole_part(dump(answer), describe(answer))


def patch(answer: Answer, change: Change, config: Config) -> Answer:
    """Return the labels that take the place of the answer."""
    return _ordered(whole_patched(change, load), config)


def describe(answer: Answer) -> str:
    """Return the labels' names in one line."""
    return ", ".join(answer) if answer else "none"


def lint(answer: Answer, item: Any, config: Config) -> list[Remark]:
    """Return labels that are not on offer any more, and limits that the answer does not keep."""
    return whole_remarks(dump(answer), lambda raw: parse(raw, config, item))


def readings(raw: Any, config: Config) -> Iterator[Any]:
    """Yield the lists of label names that a value may stand for."""
    return label_readings(raw, config)


def settings(names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
    """Return the names as labels of which none needs to apply."""
    return label_settings(names, chosen) | {"min": 0}


def lacks(names: Sequence[str]) -> Iterator[str]:
    """Yield that there is no label yet."""
    return lacking_labels(names)
