"""The formats there are. Adding one is its module and one line here.

The order is that in which people see them. Of two that would take the same file, the one that looks closer stands
first: `jsonl` tells lines of objects from a JSON document, and lines of text are what nobody else takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.formats import csv, images_folder, images_zip, json, jsonl, lewidi, parquet, text, xlsx
from labeling.formats.rows import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.formats.base import Format, Reading, Writing
    from labeling.formats.rows import SourceInfo

_ALL: tuple[Format, ...] = (
    lewidi.FORMAT,
    jsonl.FORMAT,
    json.FORMAT,
    csv.FORMAT,
    xlsx.FORMAT,
    parquet.FORMAT,
    images_zip.FORMAT,
    text.FORMAT,
    images_folder.FORMAT,
)

FORMATS: dict[str, Format] = {format.name: format for format in _ALL}


def readable_files() -> list[tuple[Format, Reading]]:
    """Return the formats of files that people can send."""
    found = [(format, format.reading) for format in FORMATS.values() if format.reading is not None]
    return [(format, reading) for format, reading in found if reading.sniff is not None]


def writable_files() -> list[tuple[Format, Writing]]:
    """Return the formats that tasks can be written in."""
    return [(format, format.writing) for format in FORMATS.values() if format.writing is not None]


def reading_of(source: SourceInfo) -> Reading:
    """Return how a file that was sniffed before is read."""
    format = FORMATS.get(source.format)
    if format is None or format.reading is None:
        raise FormatError(f"Files of the format {source.format!r} cannot be read.")
    return format.reading


def describe_source(source: SourceInfo) -> str:
    """Return what a file turned out to be, in words."""
    describe = reading_of(source).describe
    format = FORMATS[source.format]
    return describe(source) if describe is not None else f"{format.noun}{format.detail}"


def accepted_suffixes() -> str:
    """Return the endings of the files that can be sent, as a file field of a page wants them."""
    return ",".join(f".{suffix}" for _, reading in readable_files() for suffix in reading.suffixes)


def list_nouns(field_type: str | None = None) -> str:
    """Return the files that can be sent, or those usual for a type of field in more detail, as part of a sentence."""
    return _in_words(
        [
            format.noun if field_type is None else f"{format.noun}{format.detail}"
            for format, reading in readable_files()
            if field_type is None or field_type in reading.fields
        ]
    )


def _in_words(nouns: Sequence[str]) -> str:
    *some, last = nouns
    return f"{', '.join(some)}{',' if len(some) > 1 else ''} or {last}" if some else last
