"""The labels of those kinds that offer a list of them."""

from __future__ import annotations

import string
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from labeling.errors import Problem
from labeling.kinds import palette
from labeling.kinds.base import KindConfig, Line, Prose, Strict, one_line, storable
from labeling.kinds.problems import quoted
from labeling.kinds.protocol import GROUP_STEP, Option
from labeling.kinds.readings import plain_readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

COMMAND_KEYS = frozenset("zjkgcf")
"""Letters that the editor itself uses (undo, next, previous, guideline, comment, flag)."""

LABEL_KEYS = "1234567890" + "".join(sorted(set(string.ascii_lowercase) - COMMAND_KEYS))
"""Keys a label may have, in the order in which they are handed out."""

MAX_LABELS = 10_000

MAX_GROUP_DEPTH = 10
MAX_GROUP_PART = 80


def _color(text: str) -> str:
    if not text:
        return text
    if not palette.HEX_COLOR.fullmatch(text.lower()):
        raise ValueError(f"Expected a color like #0072b2, found {quoted(text)}.")
    return text.lower()


def _key(text: str) -> str:
    if text in COMMAND_KEYS and text:
        raise ValueError(f"The key {quoted(text)} is a command of the editor; choose another.")
    if text and text not in tuple(LABEL_KEYS):
        raise ValueError(f"Expected a digit or one lower-case letter, found {quoted(text)}.")
    return text


def _group(text: str) -> str:
    if not text.strip():
        return ""
    parts = [part.strip() for part in one_line(text).split("/")]
    if not all(parts):
        raise ValueError(f"Expected groups with / between them, such as Animal / Dog; found {quoted(text)}.")
    if len(parts) > MAX_GROUP_DEPTH:
        raise ValueError(f"Expected at most {MAX_GROUP_DEPTH} groups within each other, found {len(parts)}.")
    if long := [part for part in parts if len(part) > MAX_GROUP_PART]:
        raise ValueError(f"A group's name may have {MAX_GROUP_PART} characters; {quoted(long[0])} has {len(long[0])}.")
    return GROUP_STEP.join(parts)


class Label(Strict):
    """One of the answers on offer; `color` and `key` are given out when the schema leaves them empty.

    `group` is where people look for it: a path such as ``Animal / Dog``, any depth. The answer is the name alone.
    """

    name: Line
    title: Annotated[str, Field(max_length=200), AfterValidator(storable)] = ""
    color: Annotated[str, AfterValidator(_color)] = ""
    key: Annotated[str, AfterValidator(_key)] = ""
    description: Prose = ""
    group: Annotated[str, AfterValidator(_group)] = ""


def _named(raw: Any) -> Any:
    if isinstance(raw, list | tuple):
        if not 1 <= len(raw) <= MAX_LABELS:
            raise ValueError(f"Expected 1 to {MAX_LABELS:,} labels, found {len(raw):,}.")
        return [{"name": item} if isinstance(item, str) else item for item in raw]
    return raw


def _completed(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    keys = _keys(labels)
    colors = palette.colors_for(["" if label.color else label.title.strip() or label.name for label in labels])
    return tuple(
        Label.model_construct(
            name=label.name,
            title=label.title.strip() or label.name,
            color=label.color or colors[position],
            key=keys[position],
            description=label.description,
            group=label.group,
        )
        for position, label in enumerate(labels)
    )


def _keys(labels: tuple[Label, ...]) -> list[str]:
    """Give out keys: a label named like a key gets that key, the others the next free one."""
    keys = [label.key for label in labels]
    taken = set(keys)
    for position, label in enumerate(labels):
        own = label.name.lower()
        if not keys[position] and own not in taken and own in tuple(LABEL_KEYS):
            keys[position] = own
            taken.add(own)
    free = iter([key for key in LABEL_KEYS if key not in taken])
    return [key or next(free, "") for key in keys]


_Named = Annotated[list[Line | Label], Field(min_length=1, max_length=MAX_LABELS)]
"""How labels are written: a name alone, or an object."""

Labels = Annotated[
    tuple[Label, ...],
    Field(strict=False),
    AfterValidator(_completed),
    BeforeValidator(_named, json_schema_input_type=_Named),
]


def _repeated(values: Iterable[str], *, part: str, what: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for position, value in enumerate(values):
        if value and value in seen:
            yield Problem(
                f"labels[{position}].{part}", f"labels[{seen[value]}] already has the {what} {quoted(value)}."
            )
        seen.setdefault(value, position)


class LabeledConfig(KindConfig):
    """Settings of a kind whose answer is made of labels from a list."""

    labels: Labels

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each label stands in the list, by name."""
        return {label.name: position for position, label in enumerate(self.labels)}

    @cached_property
    def names(self) -> list[str]:
        """The names of the labels in the order of the schema."""
        return [label.name for label in self.labels]

    @cached_property
    def spellings(self) -> dict[str, str]:
        """The names of labels by their names and titles in lower case; what could mean two labels is left out."""
        meant: dict[str, set[str]] = {}
        for label in self.labels:
            for spelling in (label.name, label.title):
                meant.setdefault(spelling.strip().casefold(), set()).add(label.name)
        return {spelling: names.pop() for spelling, names in meant.items() if len(names) == 1}

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The labels as every kind offers its options."""
        return tuple(
            Option(label.name, label.title, label.color, label.key, label.description, label.group)
            for label in self.labels
        )

    def problems(self) -> Iterator[Problem]:
        """Yield labels that share a name or a key."""
        yield from _repeated(self.names, part="name", what="name")
        yield from _repeated((label.key for label in self.labels), part="key", what="key")


def label_settings(names: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return labels as a schema writes them.

    Parameters
    ----------
    names : sequence of str
        In the order typed.
    chosen : mapping
        Color, key and group that were set by hand, by name; an empty color or key is given out by the schema.

    Returns
    -------
    dict
    """
    labels = []
    for name in names:
        parts = dict(zip(("color", "key", "group"), chosen.get(name, ()), strict=False))
        labels.append({"name": name, "color": "", "key": ""} | parts)
    return {"labels": labels}


def lacking_labels(names: Sequence[str]) -> Iterator[str]:
    """Yield that a list of labels is still empty."""
    if not names:
        yield "Name at least one label."


def label_readings(raw: Any, config: LabeledConfig) -> Iterator[Any]:
    """Yield what a value may mean where labels may be written as their titles, or in other upper and lower case.

    Parameters
    ----------
    raw : object
        A cell of a file, or what a form sent.
    config : LabeledConfig
        The question's settings.

    Yields
    ------
    object
        Names, and lists of names; exact readings before those by spelling.
    """
    yield from plain_readings(raw)
    known = config.spellings
    for reading in (raw, *plain_readings(raw)):
        if isinstance(reading, str) and (name := known.get(reading.casefold())):
            yield name
        elif isinstance(reading, list):
            yield [known.get(part.casefold(), part) if isinstance(part, str) else part for part in reading]
