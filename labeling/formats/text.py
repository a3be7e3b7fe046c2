"""Plain text: one line is one task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from labeling.formats.base import Candidate, Format, Reading
from labeling.formats.lines import bounded_lines, text
from labeling.formats.rows import TOO_LONG, Item, Row, RowProblem, SourceInfo

COLUMN = "text"


def sniff_text(candidate: Candidate) -> SourceInfo | None:
    """Claim whatever is text."""
    if candidate.encoding is None:
        return None
    return SourceInfo("text", columns=(COLUMN,), encoding=candidate.encoding)


def read_text(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line that is not blank; its number is the line's."""
    stream = text(file, source.encoding or "utf-8")
    for number, line in enumerate(bounded_lines(stream), start=1):
        if line is None:
            yield RowProblem(number, COLUMN, TOO_LONG)
        elif stripped := line.strip():
            yield Row(number, {COLUMN: stripped})


FORMAT = Format(
    name="text",
    title="Plain text",
    noun="plain text",
    detail=" with one item a line",
    reading=Reading(
        suffixes=("txt",),
        fields=frozenset({"text"}),
        one_task="a line that is not blank",
        columns="`text`",
        layout="One line is one task.",
        example="Where is my parcel?\nI was charged twice.\n",
        takes_any_text=True,
        nameless=lambda _source: True,
        sniff=sniff_text,
        read=read_text,
    ),
)
