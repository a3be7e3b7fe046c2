"""JSON Lines: one object per line. The only format that carries everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from labeling.formats.base import Candidate, CellType, Format, Part, Reading, Tasks, Writing
from labeling.formats.json import find_root
from labeling.formats.lines import BeyondHeadError, bounded_lines, text
from labeling.formats.rows import (
    SAMPLE_ROWS,
    TOO_LONG,
    FormatError,
    Item,
    Row,
    RowProblem,
    SourceInfo,
    in_words,
    refuse_wide_row,
)

_SUFFIXES = ("jsonl", "ndjson")
_WRITE_BYTES = 256 * 1024


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_line(line: str) -> Any:
    """Return the line's value.

    Raises
    ------
    ValueError
        When it is not JSON, with a sentence that says where.
    """
    try:
        return _decoder.decode(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"This line is not JSON: {error.msg.lower()} at character {error.pos + 1}.") from None
    except RecursionError:
        raise ValueError("This line is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(f"This line is not JSON: {error}.") from None


def sniff_jsonl(candidate: Candidate) -> SourceInfo | None:
    """Claim text whose first line is a whole object, or whose name says so and some of whose first lines are."""
    if candidate.encoding is None:
        return None
    source = SourceInfo("jsonl", encoding=candidate.encoding)
    if candidate.starts_with("{") and _has_lines(candidate, source):
        return source
    if candidate.suffix not in _SUFFIXES or not any(
        _is_object(line) for line in candidate.text.splitlines()[:SAMPLE_ROWS]
    ):
        return None
    return source if find_root(candidate.file, candidate.encoding) is None else None


def _has_lines(candidate: Candidate, source: SourceInfo) -> bool:
    """Tell lines of objects from one JSON document, in whose first object the rows may be."""
    items = _objects_of(candidate.file, source)
    try:
        first = next(items, None)
        if isinstance(first, Row) and next(items, None) is not None:
            return True
    except BeyondHeadError:
        if candidate.suffix in _SUFFIXES:
            return True
        first = None
    if find_root(candidate.file, candidate.encoding or "utf-8") is not None:
        return False
    if isinstance(first, RowProblem) and first.message == TOO_LONG:
        raise FormatError(f"{TOO_LONG} Is it one object per line?", row=1)
    return any(isinstance(item, Row) for item in islice(_objects_of(candidate.file, source), SAMPLE_ROWS))


def _is_object(line: str) -> bool:
    try:
        return isinstance(parse_line(line), dict)
    except ValueError:
        return False


def read_jsonl(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line that is not blank; its number is the line's."""
    for item in _objects_of(file, source):
        yield refuse_wide_row(item) if isinstance(item, Row) else item


def _objects_of(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    stream = text(file, source.encoding or "utf-8")
    for number, line in enumerate(bounded_lines(stream), start=1):
        if line is None:
            yield RowProblem(number, "", TOO_LONG)
            continue
        bare = line.strip()
        if not bare:
            continue
        try:
            value = parse_line(bare)
        except ValueError as error:
            yield RowProblem(number, "", str(error))
            continue
        if isinstance(value, dict):
            yield Row(number, value)
        else:
            yield RowProblem(number, "", 'Every line must be an object like {"text": "..."}.')


def write(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the file in pieces of some 256 KB."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=in_words).encode
    return pack(encode(row) for row in rows)


def pack(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield lines that are JSON already, in pieces of some 256 KB."""
    pieces: list[str] = []
    size = 0
    for line in lines:
        pieces.append(line)
        size += len(line)
        if size >= _WRITE_BYTES:
            yield ("\n".join(pieces) + "\n").encode()
            pieces.clear()
            size = 0
    if pieces:
        yield ("\n".join(pieces) + "\n").encode()


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield a line per task with all its past."""
    return pack(tasks.lines())


def write_rows(rows: Iterable[Mapping[str, Any]], _columns: Mapping[str, CellType]) -> Iterator[bytes]:
    """Yield a line per row, its values as they are."""
    return write(rows)


FORMAT = Format(
    name="jsonl",
    title="JSON Lines",
    noun="JSON Lines",
    reading=Reading(
        suffixes=_SUFFIXES,
        fields=frozenset({"text"}),
        one_task="a line with an object",
        columns="keys",
        layout="One object per line. Labels you have already can stand under labels, anything else under meta.",
        example='{"text": "Where is my parcel?", "labels": {"intent": "delivery"}, "meta": {"channel": "mail"}}\n'
        '{"text": "I was charged twice."}\n',
        keys_may_follow=lambda _source: True,
        sniff=sniff_jsonl,
        read=read_jsonl,
    ),
    writing=Writing(
        content_type="application/x-ndjson",
        suffix="jsonl",
        carries="Everything: data, split, metadata, every label with its source, every annotation with all its "
        "saves, comments and flags. Importing it again gives the same project.",
        loses=frozenset({Part.IMAGES, Part.SITE}),
        remark="The ZIP has the images.",
        write=write_tasks,
        write_rows=write_rows,
    ),
)
