"""A format that only tests know: one task a line, as `key=value` pairs divided by tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from labeling.formats.base import Candidate, Format, Part, Reading, Tasks, Writing
from labeling.formats.lines import bounded_lines, text
from labeling.formats.rows import TOO_LONG, Item, Row, RowProblem, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Iterator


def sniff_pairs(candidate: Candidate) -> SourceInfo | None:
    """Claim text whose every line begins with a pair."""
    lines = candidate.whole_lines.splitlines()
    if candidate.encoding is None or not lines or not all("=" in line.split("\t")[0] for line in lines):
        return None
    return SourceInfo("pairs", encoding=candidate.encoding)


def read(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line."""
    for number, line in enumerate(bounded_lines(text(file, source.encoding or "utf-8")), start=1):
        if line is None:
            yield RowProblem(number, "", TOO_LONG)
        elif line.strip():
            yield Row(number, dict(pair.split("=", 1) for pair in line.rstrip("\n").split("\t")))


def write(tasks: Tasks) -> Iterator[bytes]:
    """Yield a line per task with what is a word."""
    names = list(tasks.columns)
    for columns in tasks.batches():
        for cells in zip(*columns, strict=True):
            pairs = [f"{name}={cell}" for name, cell in zip(names, cells, strict=True) if isinstance(cell, str)]
            yield ("\t".join(pairs) + "\n").encode()


FORMAT = Format(
    name="pairs",
    title="Pairs",
    noun="pairs of key and value",
    reading=Reading(
        suffixes=("pairs",),
        fields=frozenset({"text"}),
        one_task="a line",
        columns="keys",
        layout="One task a line, with a tab between two pairs.",
        example="text=Where is my parcel?\tintent=delivery\n",
        sniff=sniff_pairs,
        read=read,
    ),
    writing=Writing(
        content_type="text/x-pairs",
        suffix="pairs",
        carries="What is a word, as pairs.",
        loses=frozenset(set(Part) - {Part.TASKS, Part.LABELS}),
        write=write,
    ),
)
