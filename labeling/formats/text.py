"""Plain text: one line is one task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from labeling.formats.lines import bounded_lines, text
from labeling.formats.rows import TOO_LONG, Item, Row, RowProblem, SourceInfo

COLUMN = "text"


def read(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line that is not blank; its number is the line's."""
    stream = text(file, source.encoding or "utf-8")
    for number, line in enumerate(bounded_lines(stream), start=1):
        if line is None:
            yield RowProblem(number, COLUMN, TOO_LONG)
        elif stripped := line.strip():
            yield Row(number, {COLUMN: stripped})
