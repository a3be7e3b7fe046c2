"""Columns of a file to parts of a task, applied row by row.

A target is written as text: `field:<name>`, `label:<question>`, `labels` (an object question: answer),
`external_id`, `split`, `meta` (kept under the column's name), `meta_object` (an object, merged into the
metadata), `hash` (metadata, replaced by its keyed hash), `external_id_hash`, `history` (what our own export
adds) or `drop`. The column `*` stands for every column not named.

Where several people answered: `annotations` (a list of their answers), `answer:<question>:<person>` (a column per
person), or `annotator`, which makes every row one person's: its labels, or its `question` and `answer`, are what that
person says, at `submitted_at`, unless `answer_state` says that it was not submitted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labeling.formats.given import (
    SUBMITTED,
    Given,
    GivenError,
    list_given,
    moment_of,
    person_of,
)
from labeling.formats.personal import keyed_hash
from labeling.formats.rows import FormatError, Row, RowProblem, clean, clean_text

REST = "*"
HISTORY = "dcai"
EXTERNAL_ID_CHARS = 200
META_CHARS = 64 * 1024
ANNOTATOR = "annotator"
OF_ONE_PERSON = ("submitted_at", "question", "answer", "answer_state")
"""What a row says only where a column names the person who says it."""

SINGLE = ("labels", "external_id", "external_id_hash", "split", "history", "annotations", ANNOTATOR, *OF_ONE_PERSON)
PLAIN = (*SINGLE, "meta", "meta_object", "hash", "drop")

_SPLITS = {
    "": "",
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(slots=True)
class Mapped:
    """The parts of one task to be, not yet checked against the schema.

    Parameters
    ----------
    given
        What people answered; what is wrong with one person's answers stands in their place.
    person
        Who says what the row says; empty: nobody in particular.
    said
        Parts of what that person says, by target (`OF_ONE_PERSON`).
    """

    number: int
    data: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    external_id: str = ""
    split: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    history: dict[str, Any] | None = None
    given: list[Given | GivenError] = field(default_factory=list)
    person: str = ""
    said: dict[str, Any] = field(default_factory=dict)


class _Fault(Exception):
    """A value that cannot be taken; becomes a `RowProblem` of its column."""


def check_mapping(mapping: Mapping[str, str], *, fields: Iterable[str], questions: Collection[str]) -> None:
    """Check that every target exists and no single part is fed twice.

    Raises
    ------
    FormatError
        With a sentence naming the column.
    """
    known = {f"field:{name}" for name in fields} | {f"label:{name}" for name in questions} | set(PLAIN)
    fed: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in known and not _is_wide(target, questions):
            raise FormatError(
                f"Column {column}: {target!r} is nothing a column can go to. Choose one of: {', '.join(sorted(known))}."
            )
        part = "external_id" if target == "external_id_hash" else target
        if part in fed and (part in SINGLE or ":" in part):
            raise FormatError(f"The columns {fed[part]} and {column} both go to {part}; choose one.")
        fed[part] = column
    if ("question" in fed) != ("answer" in fed):
        raise FormatError("One column names the question and another has the answer: choose both, or neither.")
    if alone := next((fed[part] for part in OF_ONE_PERSON if part in fed and ANNOTATOR not in fed), None):
        raise FormatError(
            f"The column {alone} tells of a person's answer: choose the column that names the person too."
        )
    if REST in mapping and mapping[REST] not in {"meta", "hash", "drop"}:
        raise FormatError("The remaining columns (*) can be kept as meta, hashed or dropped.")


def _is_wide(target: str, questions: Collection[str]) -> bool:
    """Return whether a target is one person's answer to a question there is."""
    kind, _, rest = target.partition(":")
    question, _, person = rest.partition(":")
    return kind == "answer" and question in questions and bool(person.strip())


def applier(mapping: Mapping[str, str], *, key: bytes) -> Callable[[Row], Mapped | RowProblem]:
    """Return the function that maps rows; `key` is the site's key for hashes."""
    rest = mapping.get(REST, "meta")
    plan = {column: target for column, target in mapping.items() if column != REST}

    names_people = next((column for column, target in plan.items() if target == ANNOTATOR), None)

    def apply(row: Row) -> Mapped | RowProblem:
        mapped = Mapped(row.number)
        column = ""
        try:
            for column, value in row.values.items():
                if value is not None:
                    target = plan.get(column, rest)
                    if target != "drop":
                        _put(mapped, target, column, value, key)
            if names_people is not None:
                column = names_people
                _give_to_person(mapped)
            column = "meta"
            if mapped.meta:
                _check_size(mapped.meta)
        except (_Fault, ValueError) as error:
            return RowProblem(
                row.number, column, f"The value {error}." if isinstance(error, ValueError) else str(error)
            )
        except RecursionError:
            return RowProblem(row.number, column, "The value is nested too deeply.")
        return mapped

    return apply


def _put(mapped: Mapped, target: str, column: str, value: Any, key: bytes) -> None:
    if target.startswith("field:"):
        # Bytes stay bytes: an image field takes them, and any other says what it wants.
        mapped.data[target[6:]] = clean_text(value) if isinstance(value, str) else _clean_field(value)
    elif target.startswith("label:"):
        mapped.labels[target[6:]] = clean(value)
    elif target.startswith("answer:"):
        question, _, person = target[7:].partition(":")
        if value != "":
            mapped.given.append(Given(person_of(person), {question: clean(value)}))
    elif target in OF_ONE_PERSON:
        mapped.said[target] = value
    else:
        _PUT[target](mapped, column, value, key)


def _put_id(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.external_id = _external_id(value)


def _put_id_hash(mapped: Mapped, _column: str, value: Any, key: bytes) -> None:
    mapped.external_id = keyed_hash(_external_id(value), key=key)


def _put_split(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.split = _split(value)


def _put_labels(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.labels.update(_object(value))


def _put_meta(mapped: Mapped, column: str, value: Any, _key: bytes) -> None:
    mapped.meta[clean_text(column)] = clean(value)


def _put_meta_object(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.meta.update(_object(value))


def _put_hash(mapped: Mapped, column: str, value: Any, key: bytes) -> None:
    mapped.meta[clean_text(column)] = keyed_hash(clean(value), key=key)


def _put_history(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.history = _object(value)


def _put_annotations(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError):
            raise _Fault("Expected a list of what people answered, as JSON.") from None
    mapped.given += list_given(value)


def _put_person(mapped: Mapped, _column: str, value: Any, _key: bytes) -> None:
    mapped.person = person_of(value)


def _give_to_person(mapped: Mapped) -> None:
    """Make what the row says the answers of the person whom it names."""
    if not mapped.person:
        raise _Fault("No person is named whose answer this is.")
    answers, mapped.labels = mapped.labels, {}
    if question := mapped.said.get("question"):
        answers[clean_text(str(question))] = clean(mapped.said.get("answer"))
    if str(mapped.said.get("answer_state") or SUBMITTED) == SUBMITTED:
        mapped.given.append(Given(mapped.person, answers, moment_of(mapped.said.get("submitted_at"))))


_PUT: dict[str, Callable[[Mapped, str, Any, bytes], None]] = {
    "labels": _put_labels,
    "external_id": _put_id,
    "external_id_hash": _put_id_hash,
    "split": _put_split,
    "meta": _put_meta,
    "meta_object": _put_meta_object,
    "hash": _put_hash,
    "history": _put_history,
    "annotations": _put_annotations,
    ANNOTATOR: _put_person,
}


def _clean_field(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return value  # how Parquet files of image data sets carry an image: {bytes, path}
    return clean(value)


def _external_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Fault("An external id is text or a number.")
    text = clean_text(str(value)).strip()
    if len(text) > EXTERNAL_ID_CHARS:
        raise _Fault(f"The external id is {len(text):,} characters long; at most {EXTERNAL_ID_CHARS} are taken.")
    return text


def is_split(name: str) -> bool:
    """Return whether a name is that of a split, in any of its usual spellings."""
    return bool(_SPLITS.get(name.strip().lower()))


def _split(value: Any) -> str:
    split = _SPLITS.get(str(value).strip().lower())
    if split is None:
        raise _Fault(f"The split {str(value)[:40]!r} is unknown: write train, validation or test.")
    return split


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise _Fault("Expected an object, such as {...}.") from None
    if not isinstance(value, dict):
        raise _Fault("Expected an object, such as {...}.")
    cleaned: dict[str, Any] = clean(value)
    # Parquet has a column for every key that any row has: None there means that this row has it not.
    return {name: item for name, item in cleaned.items() if item is not None}


def _check_size(meta: Mapping[str, Any]) -> None:
    size = sum(len(value) if isinstance(value, str) else 32 for value in meta.values())
    if size > META_CHARS:
        raise _Fault(
            f"The metadata of one task holds {size:,} characters; at most {META_CHARS:,} are taken. Drop a column."
        )
