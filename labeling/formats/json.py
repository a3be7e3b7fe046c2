"""JSON: an array of objects, or an object that holds one, streamed."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import BinaryIO

from labeling.formats.base import Candidate, Format, Reading
from labeling.formats.lines import BeyondHeadError
from labeling.formats.rows import MAX_ROW_CHARS, FormatError, Item, Row, RowProblem, SourceInfo, refuse_wide_row

BUFFER = 64 * 1024
_UTF8 = {"utf-8", "utf-8-sig", "ascii"}
_PROMISING = ("json", "jsonl", "ndjson")
"""Names that promise JSON, in lines or not."""


class BoundedJson:
    """A file for ijson that refuses to feed one row without end, and always gives UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        file.seek(0)
        if encoding == "utf-8-sig":
            file.seek(len(codecs.BOM_UTF8))
        self._file = file
        self._decoder = None if encoding in _UTF8 else codecs.getincrementaldecoder(encoding)()
        self.since_row = 0
        self.number = 1

    def read(self, size: int = BUFFER) -> bytes:
        """Return the next bytes, or raise `FormatError` where one row has too many."""
        piece = self._file.read(size)
        self.since_row += len(piece)
        if self.since_row > MAX_ROW_CHARS:
            raise FormatError(
                f"Item {self.number:,} is longer than {MAX_ROW_CHARS // 1024 // 1024} MB; no row may be.",
                row=self.number,
            )
        if self._decoder is None or not size:
            return piece
        try:
            # An empty piece means the end to ijson: read on while the decoder holds back half a character.
            while piece and not (decoded := self._decoder.decode(piece)):
                piece = self._file.read(size)
            return decoded.encode() if piece else b""
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            raise FormatError(
                "The file's encoding is broken: save it as UTF-8 and try again.", row=self.number
            ) from error


def sniff_json(candidate: Candidate) -> SourceInfo | None:
    """Claim text that is a list of objects or holds one; say what is wrong with a file whose name promises that."""
    if candidate.encoding is None:
        return None
    if candidate.starts_with("{", "["):
        root = find_root(candidate.file, candidate.encoding)
        if root is not None:
            return SourceInfo("json", encoding=candidate.encoding, root=root)
    if candidate.suffix in _PROMISING:
        raise _broken_promise(candidate)
    return None


def _broken_promise(candidate: Candidate) -> FormatError:
    """Say where a file fails whose name promises JSON."""
    try:
        value = json.loads(candidate.text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = (
            f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "its beginning"
        )
        return FormatError(
            f"The file is named .{candidate.suffix}, but it is not JSON ({where}): "
            "expected a list of objects or one object per line."
        )
    kind = "an empty list" if value == [] else f"a {type(value).__name__}"
    return FormatError(f"The file holds {kind}: expected a list of objects or one object per line.")


def find_root(file: BinaryIO, encoding: str) -> str | None:
    """Return the ijson prefix of the first array of objects, or None when there is none.

    Only the top level and the keys of a top-level object are looked at.

    Raises
    ------
    FormatError
        When only the beginning of the file is looked at, and is JSON without one.
    """
    import ijson  # noqa: PLC0415 - loaded by who reads such a file

    candidate: str | None = None
    try:
        for prefix, event, _ in ijson.parse(BoundedJson(file, encoding), buf_size=BUFFER):
            if candidate is not None:
                if event == "start_map" and prefix == candidate:
                    return candidate
                candidate = None
            if event == "start_array" and "." not in prefix:
                candidate = f"{prefix}.item" if prefix else "item"
    except BeyondHeadError as error:
        raise FormatError(f"{error.message} There is no list of objects in them: put it first.") from None
    except (ijson.JSONError, FormatError):
        return None
    return None


def read_json(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every object of the array; its number is its position from 1."""
    import ijson  # noqa: PLC0415 - as above

    bounded = BoundedJson(file, source.encoding or "utf-8")
    number = 0
    try:
        for value in ijson.items(bounded, source.root or "item", use_float=True, buf_size=BUFFER):
            number += 1
            bounded.since_row = 0
            bounded.number = number + 1
            if isinstance(value, dict):
                yield refuse_wide_row(Row(number, value))
            else:
                yield RowProblem(number, "", 'Every item must be an object like {"text": "..."}.')
    except (ijson.JSONError, ValueError, OverflowError) as error:
        raise broken_json(error, number) from error


def broken_json(error: Exception, number: int) -> FormatError:
    """Return what to say of a file of which so many items could be read."""
    import ijson  # noqa: PLC0415 - as above

    is_cut = isinstance(error, ijson.IncompleteJSONError)
    what = "breaks off or is broken" if is_cut else "is broken"
    return FormatError(f"The JSON {what} after item {number:,} ({_reason(error)}).", row=number + 1)


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("parse error: ").strip()[:200] if str(error) else "unexpected end"


FORMAT = Format(
    name="json",
    title="JSON",
    noun="JSON",
    reading=Reading(
        suffixes=("json",),
        fields=frozenset({"text"}),
        one_task='an object of a list, which may stand under a key (`{"data": [...]}`)',
        columns="keys",
        layout="A list of objects, with the same names as in JSON Lines.",
        example='[\n  {"text": "Where is my parcel?", "labels": {"intent": "delivery"}},\n'
        '  {"text": "I was charged twice."}\n]\n',
        keys_may_follow=lambda _source: True,
        sniff=sniff_json,
        read=read_json,
    ),
)
