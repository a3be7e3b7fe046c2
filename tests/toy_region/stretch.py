"""Stretch: pieces of a text, each with a label; the smallest kind whose answers are lists of regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from labeling.errors import Invalid, Problem
from labeling.kinds.labels import LabeledConfig, label_settings, lacking_labels
from labeling.kinds.problems import found, quoted, wrong
from labeling.kinds.protocol import Change, Column, Form, Names, Option, Part, Remark
from labeling.kinds.readings import plain_readings
from labeling.kinds.voting import outcome, shares, tied

NAME = "stretch"
TITLE = "Stretches"
ABOUT = "Pieces of the text, each with a label."
ICON = "text"
FIELD_TYPES = frozenset({"text"})
LOOKS_AT_ITEM = True
FORM: Form = "none"
NAMES: Names = "labels"
COLUMN: Column = [{"id": str, "start": int, "end": int, "label": str}]
TRACK = ""

_SHOWN = 120


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Characters `start` to `end` of the text (code points, the end not included)."""

    start: int
    end: int
    label: str
    id: str


Answer = tuple[Stretch, ...]


class Config(LabeledConfig):
    """The labels that a stretch may have."""


def parse(raw: Any, config: Config, item: Any) -> Answer:
    """Return the stretches, each within the text and with a label on offer."""
    answer = load(raw)
    for place, piece in enumerate(answer):
        if not isinstance(item, str) or piece.end > len(item):
            raise Invalid(
                "A stretch ends behind the text.",
                problems=(Problem(f"[{place}].end", "This stretch ends behind the text."),),
            )
        if piece.label not in config.positions:
            raise wrong(f"There is no label {quoted(piece.label)}.")
    return answer


def load(stored: Any) -> Answer:
    """Return the stretches that were kept, whatever the labels are by now."""
    if not isinstance(stored, list | tuple):
        raise wrong(f"Expected a list of stretches, found {found(stored)}.")
    pieces = tuple(sorted(_piece(raw) for raw in stored))
    if len({piece.id for piece in pieces}) != len(pieces):
        raise wrong("Two stretches have the same id.")
    return pieces


def _piece(raw: Any) -> Stretch:
    if not isinstance(raw, Mapping) or set(raw) != {"id", "start", "end", "label"}:
        raise wrong("Expected a stretch with id, start, end and label.")
    start, end = raw["start"], raw["end"]
    if not all(isinstance(raw[key], str) and raw[key].isprintable() and raw[key] for key in ("id", "label")):
        raise wrong("Expected words for the id and the label of a stretch.")
    if not all(isinstance(edge, int) and not isinstance(edge, bool) for edge in (start, end)) or not 0 <= start < end:
        raise wrong("Expected whole numbers with start before end.")
    return Stretch(start, end, raw["label"], raw["id"])


def dump(answer: Answer) -> list[dict[str, Any]]:
    """Return the stretches in the order of the text."""
    return [asdict(piece) for piece in answer]


def _marks(answer: Answer) -> set[tuple[int, int, str]]:
    return {(piece.start, piece.end, piece.label) for piece in answer}


def same(a: Answer, b: Answer, config: Config) -> bool:
    """Return whether the same characters have the same labels; ids are no matter."""
    return _marks(a) == _marks(b)


def distance(a: Answer, b: Answer, config: Config) -> float:
    """Return 1 - F1 of the stretches that both have, 0 for two empty answers."""
    one, other = _marks(a), _marks(b)
    return 1 - 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def consensus(answers: Sequence[Answer], weights: Sequence[float], config: Config) -> tuple[Answer, float] | None:
    """Return the answer nearest to all others, the medoid."""
    parts = shares(answers, weights)
    spread = {
        candidate: sum(part * distance(candidate, answer, config) for answer, part in zip(answers, parts, strict=True))
        for candidate in sorted(set(answers))
    }
    least = min(spread.values())
    winner, *rivals = [candidate for candidate, value in spread.items() if tied(value, least)]
    return outcome(winner, answers, parts, lambda a, b: distance(a, b, config), rivals=rivals)


def classes(answer: Answer) -> list[str]:
    """Return the labels that occur."""
    return list(dict.fromkeys(piece.label for piece in answer))


def options(config: Config) -> tuple[Option, ...]:
    """Return the labels."""
    return config.options


def parts(answer: Answer) -> tuple[Part, ...]:
    """Return each stretch by its id."""
    return tuple(Part(piece.id, asdict(piece), f"{piece.label} {piece.start}-{piece.end}") for piece in answer)


def patch(answer: Answer, change: Change, config: Config) -> Answer:
    """Return the stretches with one added, changed or removed."""
    there = any(piece.id == change.part for piece in answer)
    if there == (change.action == "add"):
        raise wrong(f"There is {'already a' if there else 'no'} stretch {quoted(change.part)}.")
    others = tuple(asdict(piece) for piece in answer if piece.id != change.part)
    return load(others if change.action == "remove" else (*others, change.value))


def describe(answer: Answer) -> str:
    """Return how many stretches have which label."""
    counts = [f"{sum(piece.label == name for piece in answer)} {name}" for name in classes(answer)]
    line = ", ".join(counts) or "nothing"
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def lint(answer: Answer, item: Any, config: Config) -> list[Remark]:
    """Return the stretches that begin or end with a space."""
    if not isinstance(item, str):
        return []
    return [
        Remark(piece.id, "It begins or ends with a space.")
        for piece in answer
        if (text := item[piece.start : piece.end]) != text.strip()
    ]


def readings(raw: Any, config: Config) -> Iterator[Any]:
    """Yield the JSON that a cell of a file holds."""
    return plain_readings(raw)


def settings(names: Sequence[str], chosen: dict[str, list[str]]) -> dict[str, Any]:
    """Return the names as labels."""
    return label_settings(names, chosen)


def lacks(names: Sequence[str]) -> Iterator[str]:
    """Yield that there is no label yet."""
    return lacking_labels(names)
