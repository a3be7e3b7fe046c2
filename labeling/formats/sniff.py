"""What a file is: every format is asked; the content decides, and the name only breaks ties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from labeling.formats.base import Candidate, Reading
from labeling.formats.images import looks_like_svg
from labeling.formats.lines import BeyondHeadError
from labeling.formats.registry import list_nouns, readable_files, reading_of
from labeling.formats.rows import SAMPLE_ROWS, FormatError, Item, Row, RowProblem, SourceInfo, check_columns, weigh

_SINGLE_IMAGE = "This is a single image. Pack images into a ZIP file and import that."
_SAMPLE_WEIGHT = 32 * 1024**2
_PROGRAM = "This is a program, not data."
# What is known by its first bytes and never taken.
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "This file is compressed with gzip. Unpack it and import what is inside."),
    (b"BZh", "This file is compressed with bzip2. Unpack it and import what is inside."),
    (b"7z\xbc\xaf\x27\x1c", "This is a 7-Zip archive. Pack the images as a ZIP file instead."),
    (b"Rar!", "This is a RAR archive. Pack the images as a ZIP file instead."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Office document (such as an Excel workbook). Save the sheet as CSV and import that.",
    ),
    (b"%PDF", "This is a PDF document. Import {nouns}."),
    (b"\x89PNG", _SINGLE_IMAGE),
    (b"\xff\xd8\xff", _SINGLE_IMAGE),
    (b"GIF8", _SINGLE_IMAGE),
    (b"\x7fELF", _PROGRAM),
    (b"MZ\x90", _PROGRAM),
    (b"SQLite format 3", "This is an SQLite database. Export its table as CSV and import that."),
)


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
    for magic, message in _REFUSED:
        if candidate.head.startswith(magic):
            raise FormatError(message.format(nouns=list_nouns()))
    reading, info = _claimed(candidate)
    if reading.textual and info.encoding not in {"utf-8", "utf-8-sig"}:
        info = replace(info, notes=(f"The file is not UTF-8; it was read as {info.encoding}.", *info.notes))
    return _with_sample(candidate.file, info)


def read_source(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield the rows of a file that was sniffed before."""
    return reading_of(source).read(file, source)


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
    if looks_like_svg(candidate.head):
        raise FormatError(
            "This is an SVG or XML document. SVG is refused because it can carry scripts; export pictures as PNG."
        )
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
    rows = tuple(item for item in items if isinstance(item, Row))
    problems = tuple(item for item in items if isinstance(item, RowProblem))
    columns = info.columns or tuple(dict.fromkeys(name for row in rows for name in row.values))
    check_columns(columns)
    return replace(info, columns=columns, sample=rows, problems=problems, notes=notes)
