"""What a file format says about itself: one `Format` per module of this package, for both directions.

A reader is asked whether a `Candidate` is its own and then yields its rows. A writer draws what it needs from
`Tasks`, which offers the tasks of an export in the shapes that a database gives cheaply.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import BinaryIO, Protocol, cast

from labeling.formats.lines import HEAD_BYTES, Head, find_encoding
from labeling.formats.rows import Item, SourceInfo

_TEXT_SAMPLE = 64 * 1024

ColumnType = type[str] | type[int] | type[float] | list["ColumnType"] | dict[str, "ColumnType"]
"""What a column of tasks holds: a type, a list of one, or named ones."""

CellType = ColumnType | type[bool] | type[datetime]
"""What a column of other rows holds."""


class Part(Enum):
    """A part of a project that a file may carry or lose: in a word, and in full."""

    TASKS = "tasks", "data, external id, split, metadata, state"
    LABELS = "labels", "final labels"
    SOURCES = "sources of labels", "their source, confidence, author, time"
    EARLIER = "earlier labels", "earlier labels"
    ANNOTATIONS = "annotations", "annotations with every save, lead time, versions"
    DISCUSSION = "comments and flags", "comments, flags and their resolution"
    IMAGES = "image files", "image files"
    TYPES = "types of values", "types (lists, numbers)"
    SITE = "who holds which task", "who holds which task now, events, people's roles, schema, guideline"

    def __init__(self, title: str, about: str) -> None:
        self.title = title
        self.about = about


class Candidate:
    """A file that no format has claimed yet.

    Parameters
    ----------
    file
        The file, open; a sniffer may leave it at any position.
    filename
        What it is called, of which only the ending is looked at.
    head_only
        Whether no more than the beginning of a text is to be read.
    """

    def __init__(self, file: BinaryIO, filename: str, *, head_only: bool = False) -> None:
        self.file = cast("BinaryIO", Head(file)) if head_only else file
        self.suffix = filename.lower().rsplit(".", 1)[-1] if "." in filename else ""
        self.file.seek(0)
        self.head = self.file.read(HEAD_BYTES)

    @cached_property
    def encoding(self) -> str | None:
        """The encoding of the text, or None when the file is not text."""
        return find_encoding(self.file)

    @cached_property
    def text(self) -> str:
        """The beginning of the text; empty when the file is not text."""
        return self.head[:_TEXT_SAMPLE].decode(self.encoding, errors="replace") if self.encoding else ""

    @property
    def whole_lines(self) -> str:
        """The beginning of the text, without a last line that may be cut off."""
        return self.text if len(self.text) < _TEXT_SAMPLE // 4 else self.text.rsplit("\n", 1)[0]

    def starts_with(self, *marks: str) -> bool:
        """Return whether the text starts with one of the marks, after blanks."""
        return self.text.lstrip("\ufeff \t\r\n").startswith(marks)


@dataclass(frozen=True, slots=True)
class Total:
    """How much there is to read, in rows or else in bytes of the file: what a progress bar counts."""

    amount: int
    in_rows: bool


def _no(_source: SourceInfo) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files of a format are recognized and read.

    Parameters
    ----------
    suffixes
        Endings of file names, without the dot.
    fields
        Types of fields (`text`, `image`) for which people bring such files.
    one_task
        What becomes a task, and `columns`, what its columns are called: a line of the table in docs/formats.md.
    layout
        How a file should look, in a sentence or two.
    example
        How one looks when it is opened; empty when that shows nothing.
    sniff
        Returns what the file is, None when it is of another format, or refuses it with a `FormatError`; None where
        there is no file to be sent.
    read
        Yields the rows of a file that was sniffed before.
    textual
        Whether the file is text: its encoding is found out, and told when it is unusual.
    takes_any_text
        Whether it takes text that is of no other format: asked after those, and after what is known and refused.
    nameless
        Whether the columns have no names of their own, so that where they go is always guessed.
    keys_may_follow
        Whether later rows may have keys that the first ones have not.
    count_rows
        Returns how many rows there are, where that is known without reading them.
    describe
        Returns what a file turned out to be, in words; None: the format's own.
    """

    suffixes: tuple[str, ...]
    fields: frozenset[str]
    one_task: str
    columns: str
    layout: str
    read: Callable[[BinaryIO, SourceInfo], Iterator[Item]]
    sniff: Callable[[Candidate], SourceInfo | None] | None = None
    example: str = ""
    textual: bool = True
    takes_any_text: bool = False
    nameless: Callable[[SourceInfo], bool] = _no
    keys_may_follow: Callable[[SourceInfo], bool] = _no
    count_rows: Callable[[BinaryIO, SourceInfo], int] | None = None
    describe: Callable[[SourceInfo], str] | None = None

    def total(self, file: BinaryIO, source: SourceInfo) -> Total:
        """Return how much there is to read."""
        if self.count_rows is not None:
            return Total(self.count_rows(file, source), in_rows=True)
        return Total(file.seek(0, io.SEEK_END), in_rows=False)


class Tasks(Protocol):
    """The tasks of an export in several shapes; a writer takes the one it can pass on with the least work."""

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """Names and types of the columns of one flat row per task: data, labels of record, metadata."""

    @property
    def image_fields(self) -> Sequence[str]:
        """Names of the fields that hold images."""

    @property
    def label_column(self) -> str:
        """The column of the one question that is answered by one label; empty where there is none, or several."""

    @property
    def class_names(self) -> Mapping[str, Sequence[str]]:
        """Labels on offer, of each column that holds one of them."""

    def card(self) -> str:
        """Return what is known of the data as a whole, in Markdown."""

    def lines(self) -> Iterator[str]:
        """Yield a task with all its past as one line of JSON, with the keys that `mapping` knows."""

    def records(self) -> Iterator[bytes]:
        """Yield the flat rows as CSV, each with a line feed at its end and no cell a formula."""

    def batches(self) -> Iterator[Sequence[Sequence[object]]]:
        """Yield the flat rows some at a time, as the cells of each column."""

    def image_type(self, sha256: str) -> str:
        """Return the content type of an image of these tasks; empty when it is unknown."""

    def image(self, sha256: str) -> Iterator[bytes] | None:
        """Return the bytes of an image as it came, in pieces; None when its file is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How tasks are written in a format, and what is lost by it.

    Parameters
    ----------
    suffix
        Ending of the name of the download, without the dot.
    carries
        What the file holds, in a sentence or two.
    loses
        The parts of a project that it cannot hold; `Part.SITE` is carried by none.
    write_rows
        Writes rows of named and typed columns that are no tasks; a value of a column of texts may be anything that
        JSON can carry. None: the format holds tasks alone.
    fields
        Types of fields of which a project has to have one for the format to make sense; empty: any will do.
    packed
        Whether the file is compressed in itself.
    has_columns
        Whether a task is a row of columns, of which some may be left out.
    remark
        What else to know of the file, in a sentence.
    """

    content_type: str
    suffix: str
    carries: str
    loses: frozenset[Part]
    write: Callable[[Tasks], Iterator[bytes]]
    write_rows: Callable[[Iterable[Mapping[str, object]], Mapping[str, CellType]], Iterator[bytes]] | None = None
    fields: frozenset[str] = frozenset()
    packed: bool = False
    has_columns: bool = False
    remark: str = ""

    @property
    def not_carried(self) -> str:
        """What the file cannot hold, in words."""
        lost = [part.title for part in Part if part in self.loses]
        words = f"{', '.join(lost[:-1])} and {lost[-1]}" if len(lost) > 1 else "".join(lost)
        return f"{words[:1].upper()}{words[1:]}. {self.remark}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: it says everything about itself, so that no other file asks which format it has.

    Parameters
    ----------
    name
        The word for it in requests and in what was sniffed.
    title
        What people call it.
    noun
        The same within a sentence, with its article.
    detail
        What to say behind the noun of a file that is to be brought.
    reading, writing
        The two directions; None where there is only the other.
    """

    name: str
    title: str
    noun: str
    detail: str = ""
    reading: Reading | None = None
    writing: Writing | None = None
