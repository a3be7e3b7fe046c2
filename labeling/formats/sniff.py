"""What a file is: found out from its content; the name only breaks ties."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO, cast

from labeling.formats import csv as csv_format
from labeling.formats import images_zip, jsonl, parquet
from labeling.formats import json as json_format
from labeling.formats import text as text_format
from labeling.formats.images import looks_like_svg
from labeling.formats.lines import HEAD_BYTES, find_encoding
from labeling.formats.rows import (
    EXPORT_MARK,
    SAMPLE_ROWS,
    TOO_LONG,
    FormatError,
    Item,
    Reader,
    Row,
    RowProblem,
    SourceInfo,
)

READERS: dict[str, Reader] = {
    "csv": csv_format.read,
    "json": json_format.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "text": text_format.read,
    "images_zip": images_zip.read,
}

_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "This file is compressed with gzip. Unpack it and import what is inside."),
    (b"BZh", "This file is compressed with bzip2. Unpack it and import what is inside."),
    (b"7z\xbc\xaf\x27\x1c", "This is a 7-Zip archive. Pack the images as a ZIP file instead."),
    (b"Rar!", "This is a RAR archive. Pack the images as a ZIP file instead."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Office document (such as an Excel workbook). Save the sheet as CSV and import that.",
    ),
    (b"%PDF", "This is a PDF document. Import CSV, JSON, JSON Lines, Parquet, plain text or a ZIP of images."),
    (b"\x89PNG", "This is a single image. Pack images into a ZIP file and import that."),
    (b"\xff\xd8\xff", "This is a single image. Pack images into a ZIP file and import that."),
    (b"GIF8", "This is a single image. Pack images into a ZIP file and import that."),
    (b"\x7fELF", "This is a program, not data."),
    (b"MZ\x90", "This is a program, not data."),
    (b"SQLite format 3", "This is an SQLite database. Export its table as CSV and import that."),
)
_TEXT_SAMPLE = 64 * 1024


def sniff(file: BinaryIO, filename: str) -> SourceInfo:
    """Return what the file is and its first rows.

    Raises
    ------
    FormatError
        When it is nothing that can be imported; the message says what it is instead.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    suffix = filename.lower().rsplit(".", 1)[-1] if "." in filename else ""
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FormatError("The file is empty.")
    for magic, message in _REFUSED:
        if head.startswith(magic):
            raise FormatError(message)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        info = _sniff_zip(file)
    elif head.startswith(b"PAR1"):
        info = SourceInfo("parquet", columns=parquet.columns_of(file))
    elif looks_like_svg(head):
        raise FormatError(
            "This is an SVG or XML document. SVG is refused because it can carry scripts; export pictures as PNG."
        )
    else:
        info = _sniff_text(file, head, suffix)
    return _with_sample(file, info)


def read(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield the rows of a file that was sniffed before."""
    return READERS[source.format](file, source)


def _sniff_zip(file: BinaryIO) -> SourceInfo:
    archive = images_zip.contents_of(file)
    if archive.manifest is None:
        return SourceInfo("images_zip", columns=images_zip.COLUMNS)
    encoding, delimiter = images_zip.sniff_manifest(archive, archive.manifest)
    return SourceInfo("images_zip", encoding=encoding, delimiter=delimiter, root=archive.manifest.filename)


def _sniff_text(file: BinaryIO, head: bytes, suffix: str) -> SourceInfo:
    encoding = find_encoding(file)
    if encoding is None:
        name = (
            f", although its name ends in .{suffix}"
            if suffix in {"json", "jsonl", "ndjson", "csv", "tsv", "txt"}
            else ""
        )
        raise FormatError(
            f"This is a binary file, not text{name}. "
            "Import CSV, JSON, JSON Lines, Parquet, plain text or a ZIP of images."
        )
    sample = head[:_TEXT_SAMPLE].decode(encoding, errors="replace")
    start = sample.lstrip("\ufeff \t\r\n")
    notes = () if encoding in {"utf-8", "utf-8-sig"} else (f"The file is not UTF-8; it was read as {encoding}.",)
    found: SourceInfo | None = None
    if start.startswith(("{", "[")):
        found = _sniff_json(file, encoding, is_list=start.startswith("["))
    if found is None and suffix in {"json", "jsonl", "ndjson"}:
        found = _named_json(sample, suffix, encoding)
    if found is None:
        found = _sniff_table(sample, suffix, encoding)
    return replace(found, notes=notes)


def _sniff_json(file: BinaryIO, encoding: str, *, is_list: bool) -> SourceInfo | None:
    """Tell JSON Lines, whose first line is a whole object, from JSON."""
    source = SourceInfo("jsonl", encoding=encoding)
    if is_list:
        root = json_format.find_root(file, encoding)
        return None if root is None else SourceInfo("json", encoding=encoding, root=root)
    items = jsonl.read(file, source)
    first = next(items, None)
    if isinstance(first, Row) and next(items, None) is not None:
        return source
    # One object is the whole file, or its first line is not whole: the rows may be inside it.
    root = json_format.find_root(file, encoding)
    if root is not None:
        return SourceInfo("json", encoding=encoding, root=root)
    if isinstance(first, Row):
        return source
    if isinstance(first, RowProblem) and first.message == TOO_LONG:
        raise FormatError(f"{TOO_LONG} Is it one object per line?", row=1)
    return source if any(isinstance(item, Row) for item in islice(jsonl.read(file, source), SAMPLE_ROWS)) else None


def _named_json(sample: str, suffix: str, encoding: str) -> SourceInfo:
    """Say where a file fails whose name promises JSON."""
    lines = [line for line in sample.splitlines()[:SAMPLE_ROWS] if line.strip()]
    if suffix != "json" and any(_is_object(line) for line in lines):
        return SourceInfo("jsonl", encoding=encoding)
    try:
        value = json.loads(sample.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = (
            f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "its beginning"
        )
        raise FormatError(
            f"The file is named .{suffix}, but it is not JSON ({where}): "
            "expected a list of objects or one object per line."
        ) from None
    kind = "an empty list" if value == [] else f"a {type(value).__name__}"
    raise FormatError(f"The file holds {kind}: expected a list of objects or one object per line.")


def _is_object(line: str) -> bool:
    try:
        return isinstance(jsonl.parse_line(line), dict)
    except ValueError:
        return False


def _sniff_table(sample: str, suffix: str, encoding: str) -> SourceInfo:
    """Tell CSV from lines of text."""
    whole_lines = sample if len(sample) < _TEXT_SAMPLE // 4 else sample.rsplit("\n", 1)[0]
    delimiter, share, width = csv_format.find_delimiter(whole_lines)
    if suffix == "tsv" and width < 2:
        delimiter = "\t"
    table = width > 1 and share >= 0.8 and (suffix != "txt" or delimiter == "\t")
    named = suffix in {"csv", "tsv"}
    if not named and (not table or not _looks_like_header(whole_lines, delimiter)):
        return SourceInfo("text", columns=(text_format.COLUMN,), encoding=encoding)
    return SourceInfo(
        "csv",
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        delimiter=delimiter if width > 1 or suffix == "tsv" else ",",
    )


def _looks_like_header(sample: str, delimiter: str) -> bool:
    cells = [cell.strip().strip('"') for cell in sample.lstrip("\ufeff\r\n").split("\n", 1)[0].split(delimiter)]
    return all(0 < len(cell) <= 60 and not cell.isdecimal() for cell in cells) and len(set(cells)) == len(cells)


def _with_sample(file: BinaryIO, info: SourceInfo) -> SourceInfo:
    """Add columns and first rows, and for CSV what the header says."""
    notes = info.notes
    if info.format == "csv" or (info.root or "").endswith(".csv"):
        info = replace(info, own_export=_first_cell(file, info) == EXPORT_MARK)
    if info.format == "csv":
        records = csv_format.records(file, encoding=info.encoding or "utf-8-sig", delimiter=info.delimiter or ",")
        header = next(records, None)
        if header is None:
            raise FormatError("The file is empty.")
        if isinstance(header, RowProblem):
            raise FormatError(f"The header cannot be read. {header.message}", row=1)
        columns, changes = csv_format.header_of(header)
        info = replace(info, columns=columns)
        notes = (*notes, *changes)
    items = _some(lambda: read(file, info))
    rows = tuple(item for item in items if isinstance(item, Row))
    problems = tuple(item for item in items if isinstance(item, RowProblem))
    columns = info.columns or tuple(dict.fromkeys(name for row in rows for name in row.values))
    return replace(info, columns=columns, sample=rows, problems=problems, notes=notes)


def _first_cell(file: BinaryIO, info: SourceInfo) -> str:
    source: Any = file
    if info.format == "images_zip":
        archive = images_zip.contents_of(file)
        source = images_zip.Rewindable(archive, cast("zipfile.ZipInfo", archive.manifest))
    first = next(
        csv_format.records(source, encoding=info.encoding or "utf-8-sig", delimiter=info.delimiter or ","), None
    )
    return first[0] if isinstance(first, list) and first else ""


def _some(start: Callable[[], Iterator[Item]]) -> list[Item]:
    """Return the first rows; a file that breaks off after some still has a preview."""
    items: list[Item] = []
    try:
        items.extend(islice(start(), SAMPLE_ROWS))
    except FormatError as error:
        if error.row is None:
            raise
        items.append(RowProblem(error.row, "", error.message))
    return items
