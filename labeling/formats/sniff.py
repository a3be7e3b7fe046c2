"""What a file is: every format is asked; the content decides, and the name only breaks ties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from labeling.formats.base import Candidate, Reading
from labeling.formats.dialects import dialect_of, translate_items
from labeling.formats.lines import BeyondHeadError
from labeling.formats.refused import refuse_marked, refuse_text
from labeling.formats.registry import list_nouns, readable_files, reading_of
from labeling.formats.rows import SAMPLE_ROWS, FormatError, Item, Row, RowProblem, SourceInfo, check_columns, weigh

_SAMPLE_WEIGHT = 32 * 1024**2


def sniff(file: BinaryIO, filename: str, *, head_only: bool = False) -> SourceInfo:
    """Return what the file is and its first rows; with `head_only`, by no more than the beginning of a text.

    Raises
    ------
    FormatError
        When it is nothing that can be imported; the message says what it is instead.
    """
    candidate = Candidate(file, filename, head_only=head_only)
    if not candidate.head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FormatError("The file is empty.")
    refused = refuse_marked(candidate.head)
    if refused is not None:
        raise FormatError(refused.format(nouns=list_nouns()))
    reading, info = _claimed(candidate)
    if reading.textual and info.encoding not in {"utf-8", "utf-8-sig"}:
        info = replace(info, notes=(f"The file is not UTF-8; it was read as {info.encoding}.", *info.notes))
    return _with_sample(candidate.file, info)


def read_source(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield the rows of a file that was sniffed before, with the keys known here where another tool wrote it."""
    return translate_items(reading_of(source).read(file, source), source.dialect, source.root)


def _claimed(candidate: Candidate) -> tuple[Reading, SourceInfo]:
    """Ask those that look at the first bytes, then those that look into text, then those that take any text.

    The last come after what is text, or looks like it, and is refused.
    """
    readings = [reading for _, reading in readable_files()]
    for reading in sorted(readings, key=lambda one: (one.takes_any_text, one.textual)):
        if reading.takes_any_text:
            _refuse_other_text(candidate)
        if reading.sniff is not None and (found := reading.sniff(candidate)) is not None:
            return reading, found
    raise FormatError(f"This file is of no format that is known here. Import {list_nouns()}.")


def _refuse_other_text(candidate: Candidate) -> None:
    refused = refuse_text(candidate.whole_lines, candidate.suffix)
    if refused is not None:
        raise FormatError(refused)
    if candidate.encoding is None:
        texts = {suffix for _, reading in readable_files() if reading.textual for suffix in reading.suffixes}
        name = f", although its name ends in .{candidate.suffix}" if candidate.suffix in texts else ""
        raise FormatError(f"This is a binary file, not text{name}. Import {list_nouns()}.")


def _light_items(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the first rows, fewer where they are heavy: they are held all at once."""
    weight = 0
    for item in islice(items, SAMPLE_ROWS):
        yield item
        weight += weigh(item.values) if isinstance(item, Row) else 0
        if weight > _SAMPLE_WEIGHT:
            return


def _with_sample(file: BinaryIO, info: SourceInfo) -> SourceInfo:
    """Add the first rows, and the columns that they show where the file does not name its columns."""
    items: list[Item] = []
    notes = info.notes
    try:
        items.extend(_light_items(read_source(file, info)))
    except BeyondHeadError as error:
        notes = (*notes, f"{error.message} No more rows than these could be shown.")
    except FormatError as error:
        # A file that breaks off after some rows still has a preview.
        if error.row is None:
            raise
        items.append(RowProblem(error.row, "", error.message))
    dialect = dialect_of(items, info.root)
    if dialect is not None:
        info = replace(info, columns=(), dialect=dialect.name)
        notes = (*notes, dialect.note)
        items = list(translate_items(items, dialect.name, info.root))
    rows = tuple(item for item in items if isinstance(item, Row))
    problems = tuple(item for item in items if isinstance(item, RowProblem))
    columns = info.columns or tuple(dict.fromkeys(name for row in rows for name in row.values))
    check_columns(columns)
    return replace(info, columns=columns, sample=rows, problems=problems, notes=notes)
