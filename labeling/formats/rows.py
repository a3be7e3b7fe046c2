"""What every reader yields: rows, problems with rows, and the limits that keep memory flat."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labeling.errors import Invalid

MAX_ROW_CHARS = 16 * 1024 * 1024
"""No row (a line, an object, a record) may be longer; a longer one is refused unread."""

TOO_LONG = f"The line is longer than {MAX_ROW_CHARS // 1024 // 1024} MB; no row may be."
MAX_COLUMNS = 2_000
MAX_NAME_CHARS = 1_000
MAX_DEPTH = 50
SAMPLE_ROWS = 20

EXPORTED_ANSWERS = frozenset({"task", "annotation", "annotator", "state", "question", "answer"})
"""The columns by which our own export of a row per answer is known again."""

EXPORT_MARK = "dcai_task"
"""The first column of our own CSV and Parquet exports, by which they are known again."""


class FormatError(Invalid):
    """The file as a whole, or from here on, cannot be read; the message is meant for a person."""

    def __init__(self, message: str, *, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


def check_columns(names: Sequence[str]) -> None:
    """Check that there are not too many columns, and that each has a name that can be shown.

    Raises
    ------
    FormatError
        With the number that is too high.
    """
    if len(names) > MAX_COLUMNS:
        raise FormatError(f"The file has {len(names):,} columns; at most {MAX_COLUMNS:,} can be read.", row=1)
    longest = max(map(len, names), default=0)
    if longest > MAX_NAME_CHARS:
        raise FormatError(
            f"The name of a column has {longest:,} characters; at most {MAX_NAME_CHARS:,} can be read.", row=1
        )


def refuse_wide_row(row: Row) -> Item:
    """Return a row that brings the names of its columns along, or what to say of it when it has too many."""
    count = len(row.values)
    if count > MAX_COLUMNS:
        return RowProblem(row.number, "", f"The row has {count:,} keys; at most {MAX_COLUMNS:,} can be read.")
    return row


class NamedFile(Protocol):
    """A file that came along with a row (an image in a ZIP or in a folder)."""

    @property
    def name(self) -> str:
        """The file's own name, without its folders."""

    def read(self) -> bytes:
        """Return the whole content, or raise `FormatError` when a limit is broken."""


class Files(Protocol):
    """The files that rows of one source may name."""

    def find(self, name: str) -> NamedFile | None:
        """Return the file of this name, or None when there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the file has it: nothing mapped, nothing checked yet.

    Parameters
    ----------
    number
        Where a person finds the row: the row of the spreadsheet for CSV (the header is row 1),
        the line for JSONL and text, the position (from 1) elsewhere.
    values
        Column name to value.
    files
        The files the row's values may name, when the source carries files.
    """

    number: int
    values: dict[str, Any]
    files: Files | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that could not be taken: where, in which column ("" for the row), and why."""

    number: int
    column: str
    message: str


Item = Row | RowProblem


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a file is, found out from its content.

    Parameters
    ----------
    format
        The name of its `Format`.
    columns
        Column names in order, as far as the first rows show them.
    sample
        The first rows, for a preview.
    problems
        Problems with the first rows.
    encoding, delimiter
        How the text is written; None where it does not apply.
    root
        Where the rows are: the ijson prefix in a JSON file, the manifest's name in a ZIP, the path of a folder.
    own_export
        True when the file is an export of this product (escaped cells are then restored).
    notes
        Things worth telling, each a sentence.
    dialect
        The name of the `Dialect` that its rows speak; None: they have the keys known here.
    """

    format: str
    columns: tuple[str, ...] = ()
    sample: tuple[Row, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    root: str | None = None
    own_export: bool = False
    notes: tuple[str, ...] = field(default=())
    dialect: str | None = None


class Verbatim(str):
    """Text that every format writes as it is, whatever a spreadsheet makes of it."""

    __slots__ = ()


def in_words(value: Any) -> str | None:
    """Return a value as text: text as it is, a moment as ISO 8601, null as nothing, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def weigh(value: Any) -> int:
    """Return about how long a value is, however deep it is nested."""
    total, waiting = 0, [value]
    while waiting:
        inner = waiting.pop()
        total += len(inner) if isinstance(inner, str | bytes) else 8
        if isinstance(inner, dict):
            waiting += inner.values()
        elif isinstance(inner, list | tuple):
            waiting += inner
    return total


def clean_text(value: str) -> str:
    """Return the text with LF line ends.

    Raises
    ------
    ValueError
        When the text cannot be stored: a NUL character, or bytes that are not in the encoding.
    """
    if "\x00" in value:
        raise ValueError("holds a NUL character (U+0000), which text cannot have")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(
                "holds characters that are no valid text: the file's encoding is mixed or wrong; save it as UTF-8"
            ) from None
    if "\r" in value:
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return value


def clean(value: Any, depth: int = 0) -> Any:
    """Return the value as JSON can carry it, text cleaned at every level.

    Raises
    ------
    ValueError
        When there is a value that JSON or the database cannot carry.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("is not a finite number")
        return value
    if isinstance(value, dict | list | tuple):
        if depth >= MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            return {clean_text(str(key)): clean(item, depth + 1) for key, item in value.items()}
        return [clean(item, depth + 1) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    """Return what JSON has for the types that only Parquet and ijson give."""
    match value:
        case decimal.Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case uuid.UUID():
            return str(value)
        case bytes():
            raise ValueError("is binary data, which only an image field can take")
        case _:
            raise ValueError(f"is of a type that cannot be imported ({type(value).__name__})")
