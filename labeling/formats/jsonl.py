"""JSON Lines: one object per line. The only format that carries everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from labeling.formats.lines import bounded_lines, text
from labeling.formats.rows import TOO_LONG, Item, Row, RowProblem, SourceInfo

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


def read(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every line that is not blank; its number is the line's."""
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
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
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
