"""Columns of a file to parts of a task: guessed from names, applied row by row.

A target is written as text: `field:<name>`, `label:<question>`, `labels` (an object question: answer),
`external_id`, `split`, `meta` (kept under the column's name), `meta_object` (an object, merged into the
metadata), `hash` (metadata, replaced by its keyed hash), `external_id_hash`, `history` (what our own export
adds) or `drop`. The column `*` stands for every column not named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labeling.formats.personal import keyed_hash
from labeling.formats.rows import EXPORT_MARK, FormatError, Row, RowProblem, clean, clean_text

REST = "*"
HISTORY = "dcai"
EXTERNAL_ID_CHARS = 200
META_CHARS = 64 * 1024
SINGLE = ("labels", "external_id", "external_id_hash", "split", "history")
PLAIN = (*SINGLE, "meta", "meta_object", "hash", "drop")

_TEXT_NAMES = (
    "text",
    "message",
    "sentence",
    "content",
    "body",
    "review",
    "comment",
    "utterance",
    "document",
    "question",
    "prompt",
)
_IMAGE_NAMES = ("image", "file_name", "filename", "file", "path", "img", "picture", "photo", "image_path")
_LABEL_NAMES = (
    "label",
    "class",
    "category",
    "intent",
    "sentiment",
    "target",
    "tag",
    "topic",
    "rating",
    "stars",
    "answer",
    "folder",
)
_ID_NAMES = ("external_id", "id", "uid", "uuid", "key", "name")
_SPLIT_NAMES = ("split", "subset", "partition", "fold")
_FIXED = {
    HISTORY: "history",
    "labels": "labels",
    "meta": "meta_object",
    "external_id": "external_id",
    "split": "split",
}
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
    """The parts of one task to be, not yet checked against the schema."""

    number: int
    data: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    external_id: str = ""
    split: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    history: dict[str, Any] | None = None


class _Fault(Exception):
    """A value that cannot be taken; becomes a `RowProblem` of its column."""


def check_mapping(mapping: Mapping[str, str], *, fields: Iterable[str], questions: Iterable[str]) -> None:
    """Check that every target exists and no single part is fed twice.

    Raises
    ------
    FormatError
        With a sentence naming the column.
    """
    known = {f"field:{name}" for name in fields} | {f"label:{name}" for name in questions} | set(PLAIN)
    fed: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in known:
            raise FormatError(
                f"Column {column}: {target!r} is nothing a column can go to. Choose one of: {', '.join(sorted(known))}."
            )
        part = "external_id" if target == "external_id_hash" else target
        if part in fed and (part in SINGLE or ":" in part):
            raise FormatError(f"The columns {fed[part]} and {column} both go to {part}; choose one.")
        fed[part] = column
    if REST in mapping and mapping[REST] not in {"meta", "hash", "drop"}:
        raise FormatError("The remaining columns (*) can be kept as meta, hashed or dropped.")


def guess(
    columns: Sequence[str],
    *,
    fields: Mapping[str, str],
    questions: Sequence[str],
    sample: Sequence[Row] = (),
    usual_names: bool = True,
) -> dict[str, str]:
    """Return a target for every column.

    The names of fields, questions and the fixed keys come first, then usual names for what is still
    missing, then metadata.

    Parameters
    ----------
    fields
        Field name to field type (`text` or `image`).
    sample
        First rows: a text field without a column of a usual name takes the longest text.
    usual_names
        False where nobody looks at the guess before it is used: then only the names themselves count.
    """
    guessed = _Guess(columns)
    named = _named(fields, questions)
    for name, target in named.items():
        guessed.give(name if name in columns else guessed.first_named([name.lower()]), target)
    if EXPORT_MARK in columns:
        # Our own CSV or Parquet: every other column is about the past of the task, not the task.
        return guessed.with_rest("drop")
    if not usual_names:
        return guessed.with_rest("meta")
    for name, kind in fields.items():
        usual = _IMAGE_NAMES if kind == "image" else _TEXT_NAMES
        guessed.give(guessed.first_named(usual), f"field:{name}")
    guessed.give(guessed.first_named(_SPLIT_NAMES), "split")
    guessed.give(guessed.first_named(_ID_NAMES), "external_id")
    missing = [name for name in questions if not guessed.has(f"label:{name}")]
    if len(missing) == 1 and not guessed.has("labels"):
        guessed.give(_label_column(guessed.first_named(_LABEL_NAMES), sample), f"label:{missing[0]}")
    for name, kind in fields.items():
        if kind == "text":
            guessed.give(_longest_text(guessed.free(), sample), f"field:{name}")
    return guessed.with_rest("meta")


def _named(fields: Iterable[str], questions: Iterable[str]) -> dict[str, str]:
    """Return the names that mean something by themselves, and what."""
    return {name: f"field:{name}" for name in fields} | {name: f"label:{name}" for name in questions} | _FIXED


def completed(mapping: Mapping[str, str], *, fields: Iterable[str], questions: Iterable[str]) -> dict[str, str]:
    """Return the mapping with the names that mean something and that no row had shown when it was made.

    The first rows of a JSON file need not have every key. Where the rest is to be dropped or hashed nothing is added.
    """
    if mapping.get(REST, "meta") != "meta":
        return dict(mapping)
    used = {"external_id" if target == "external_id_hash" else target for target in mapping.values()}
    more = {
        name: target
        for name, target in _named(fields, questions).items()
        if name not in mapping and (target == "meta_object" or target not in used)
    }
    return dict(mapping) | more


class _Guess:
    """A mapping in the making: a column goes to one target, a target has one column."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._mapping: dict[str, str] = {}

    def has(self, target: str) -> bool:
        return target in self._mapping.values()

    def free(self) -> list[str]:
        return [column for column in self._columns if column not in self._mapping]

    def give(self, column: str | None, target: str) -> None:
        if column is not None and column not in self._mapping and not self.has(target):
            self._mapping[column] = target

    def first_named(self, names: Sequence[str]) -> str | None:
        free = {column.strip().lower(): column for column in reversed(self.free())}
        return next((free[name] for name in names if name in free), None)

    def with_rest(self, rest: str) -> dict[str, str]:
        return {column: self._mapping.get(column, rest) for column in self._columns} | {REST: rest}


def _label_column(column: str | None, sample: Sequence[Row]) -> str | None:
    """Return the column, unless it is a folder in which every file lies."""
    if column == "folder" and len({row.values.get("folder") for row in sample}) < 2:
        return None
    return column


def _longest_text(columns: Sequence[str], sample: Sequence[Row]) -> str | None:
    lengths = {
        column: sum(len(value) for row in sample if isinstance(value := row.values.get(column), str))
        for column in columns
    }
    return max(lengths, key=lengths.__getitem__) if any(lengths.values()) else None


def applier(mapping: Mapping[str, str], *, key: bytes) -> Callable[[Row], Mapped | RowProblem]:
    """Return the function that maps rows; `key` is the site's key for hashes."""
    rest = mapping.get(REST, "meta")
    plan = {column: target for column, target in mapping.items() if column != REST}

    def apply(row: Row) -> Mapped | RowProblem:
        mapped = Mapped(row.number)
        column = ""
        try:
            for column, value in row.values.items():
                if value is not None:
                    target = plan.get(column, rest)
                    if target != "drop":
                        _put(mapped, target, column, value, key)
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


_PUT: dict[str, Callable[[Mapped, str, Any, bytes], None]] = {
    "labels": _put_labels,
    "external_id": _put_id,
    "external_id_hash": _put_id_hash,
    "split": _put_split,
    "meta": _put_meta,
    "meta_object": _put_meta_object,
    "hash": _put_hash,
    "history": _put_history,
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
