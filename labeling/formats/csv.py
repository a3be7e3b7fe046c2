"""CSV and TSV.

Cells that a spreadsheet would run as a formula are written with a leading apostrophe, labels and what is asked for as
it is excepted; reading takes it off again only in our own exports, which are known by their first column's name.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from labeling.formats.base import Candidate, CellType, Format, Part, Reading, Tasks, Writing
from labeling.formats.lines import BeyondHeadError, bounded_lines, text
from labeling.formats.rows import (
    EXPORT_MARK,
    EXPORTED_ANSWERS,
    MAX_ROW_CHARS,
    FormatError,
    Item,
    Row,
    RowProblem,
    SourceInfo,
    Verbatim,
    check_columns,
    in_words,
)

DELIMITERS = (",", "\t", ";", "|")
# In other alphabets a spreadsheet takes the full-width signs too.
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
# What may stand before the sign: blanks are left away by who looks for a formula.
FORMULA_LEADS = "' \u00a0\u3000\ufeff\x0b\x0c"
_SUFFIXES = ("csv", "tsv")
_WRITE_BYTES = 256 * 1024


def escape(cell: str) -> str:
    """Return the cell with an apostrophe in front when a spreadsheet would run it as a formula."""
    bare = cell.lstrip(FORMULA_LEADS)
    return f"'{cell}" if bare and bare[0] in FORMULA_STARTS else cell


def unescape(cell: str) -> str:
    """Undo `escape`."""
    bare = cell.lstrip(FORMULA_LEADS)
    return cell[1:] if cell[:1] == "'" and bare and bare[0] in FORMULA_STARTS else cell


def keep_apart(cell: str) -> str:
    """Return a cell that is written as it is; one that looks escaped gets an apostrophe, which `unescape` takes off."""
    return cell if unescape(cell) == cell else f"'{cell}"


def find_delimiter(sample: str) -> tuple[str, float, int]:
    """Return the delimiter that explains the text best, the share of rows it explains, and the columns it gives."""
    best = (",", 0.0, 1)
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not rows or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        share = Counter(len(row) for row in rows)[width] / len(rows)
        if (round(share, 1), width) > (round(best[1], 1), best[2]):
            best = (delimiter, share, width)
    return best


def header_of(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return column names, made unique and never empty, and a note for every change."""
    names: list[str] = []
    notes: list[str] = []
    seen: set[str] = set()
    check_columns(cells)
    for position, raw in enumerate(cells, start=1):
        name = raw.strip()
        if not name:
            name = f"column_{position}"
            notes.append(f"Column {position} has no name in the header and is called {name}.")
        if name in seen:
            number = 2
            while f"{name}_{number}" in seen:
                number += 1
            notes.append(f"The header has {name} more than once; column {position} is called {name}_{number}.")
            name = f"{name}_{number}"
        seen.add(name)
        names.append(name)
    return tuple(names), tuple(notes)


class _Lines:
    """Feeds the csv module, and stops a record that swallows the file (a quote never closed)."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._lines = lines
        self.since_record = 0
        self.lines_since_record = 0
        self.record = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except BeyondHeadError:
            if not self.lines_since_record:
                raise
            raise FormatError(
                f"Row {self.record:,} does not end within the beginning of the file that was looked at: "
                "is there a quotation mark that is never closed?",
                row=self.record,
            ) from None
        self.since_record += MAX_ROW_CHARS if line is None else len(line)
        self.lines_since_record += 1
        if line is None or self.since_record > MAX_ROW_CHARS:
            raise FormatError(
                f"Row {self.record:,} is longer than {MAX_ROW_CHARS // 1024 // 1024} MB: "
                "is there a quotation mark that is never closed?",
                row=self.record,
            )
        return line

    def next_record(self) -> None:
        self.since_record = 0
        self.lines_since_record = 0
        self.record += 1


def records(file: BinaryIO, *, encoding: str, delimiter: str) -> Iterator[list[str] | RowProblem]:
    """Yield every record as its cells, in order, broken ones as problems."""
    csv.field_size_limit(MAX_ROW_CHARS)
    lines = _Lines(bounded_lines(text(file, encoding)))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                reason = (
                    f"A quotation mark in this row is never closed; the {lines.lines_since_record:,} lines from here "
                    "to the end of the file were not read."
                )
            else:
                reason = (
                    f"The quotation marks of this row are wrong ({error}); write a mark inside a quoted cell twice."
                )
            yield RowProblem(lines.record, "", reason)
        else:
            yield cells
        lines.next_record()


def sniff_csv(candidate: Candidate) -> SourceInfo | None:
    """Claim text that a delimiter explains and that begins with a header, or that is named as a table."""
    if candidate.encoding is None:
        return None
    sample, suffix = candidate.whole_lines, candidate.suffix
    delimiter, share, width = find_delimiter(sample)
    if suffix == "tsv" and width < 2:
        delimiter = "\t"
    table = width > 1 and share >= 0.8 and (suffix != "txt" or delimiter == "\t")
    if suffix not in _SUFFIXES and not (table and _looks_like_header(sample, delimiter)):
        return None
    encoding = "utf-8-sig" if candidate.encoding == "utf-8" else candidate.encoding
    header = next(records(candidate.file, encoding=encoding, delimiter=delimiter), None)
    columns, notes = _header_of(header)
    return SourceInfo(
        "csv",
        columns=columns,
        encoding=encoding,
        delimiter=delimiter,
        own_export=is_own_export(header),
        notes=notes,
    )


def _looks_like_header(sample: str, delimiter: str) -> bool:
    cells = [cell.strip().strip('"') for cell in sample.lstrip("\ufeff\r\n").split("\n", 1)[0].split(delimiter)]
    return all(0 < len(cell) <= 60 and not cell.isdecimal() for cell in cells) and len(set(cells)) == len(cells)


def is_own_export(header: list[str] | RowProblem | None) -> bool:
    """Return whether the first record is that of an export of this product."""
    return isinstance(header, list) and (header[:1] == [EXPORT_MARK] or set(header) >= EXPORTED_ANSWERS)


def _header_of(first: list[str] | RowProblem | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that the first record names, with notes, or refuse the file."""
    if first is None:
        raise FormatError("The file is empty.")
    if isinstance(first, RowProblem):
        raise FormatError(f"The header cannot be read. {first.message}", row=1)
    return header_of(first)


def describe_csv(source: SourceInfo) -> str:
    """Return what divides the columns, in words."""
    tabs = source.delimiter == "\t"
    return "TSV (columns divided by tabs)" if tabs else f"CSV (columns divided by “{source.delimiter}”)"


def read_csv(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every record below the header; its number is that of the spreadsheet row."""
    stream = records(file, encoding=source.encoding or "utf-8-sig", delimiter=source.delimiter or ",")
    columns, _ = _header_of(next(stream, None))
    width = len(columns)
    own = source.own_export
    for number, cells in enumerate(stream, start=2):
        if isinstance(cells, RowProblem):
            yield cells
            continue
        if not cells or not any(cells):
            continue
        if len(cells) > width and any(cells[width:]):
            yield RowProblem(number, "", f"The row has {len(cells):,} cells, the header {width:,}.")
            continue
        # An empty cell is no value: CSV knows no other way to say so.
        values: dict[str, Any] = dict.fromkeys(columns)
        for name, cell in zip(columns, cells, strict=False):
            if cell:
                values[name] = unescape(cell) if own else cell
        yield Row(number, values)


def write(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the file in pieces: UTF-8 with BOM (so that Excel knows), CRLF, formula cells escaped."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([escape(name) for name in columns])
    yield b"\xef\xbb\xbf"
    for row in rows:
        writer.writerow([_written(row.get(name)) for name in columns])
        if buffer.tell() >= _WRITE_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _written(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell if isinstance(cell, Verbatim) else escape(cell)
    return "" if cell is None else cell


def pack(records: Iterable[bytes], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the same file in pieces, of records that are CSV already, each with a line feed at its end."""
    header = io.StringIO(newline="")
    csv.writer(header).writerow([escape(name) for name in columns])
    pieces = [b"\xef\xbb\xbf", header.getvalue().encode()]
    size = 0
    for record in records:
        pieces += (record[:-1], b"\r\n")
        size += len(record)
        if size >= _WRITE_BYTES:
            yield b"".join(pieces)
            pieces.clear()
            size = 0
    yield b"".join(pieces)


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield one row per task."""
    return pack(tasks.records(), tuple(tasks.columns))


def write_rows(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, CellType]) -> Iterator[bytes]:
    """Yield rows of named columns, every cell as text."""
    return write(({name: in_words(value) for name, value in row.items()} for row in rows), tuple(columns))


FORMAT = Format(
    name="csv",
    title="CSV",
    noun="CSV or TSV",
    reading=Reading(
        suffixes=_SUFFIXES,
        fields=frozenset({"text"}),
        one_task="a row; the first row names the columns",
        columns="as named; delimiter (`,` tab `;` `\\|`) and encoding are found out",
        layout="The first row names the columns. A column named like a question holds its label.",
        example="text,intent,channel\nWhere is my parcel?,delivery,mail\nI was charged twice.,,chat\n",
        takes_any_text=True,
        sniff=sniff_csv,
        read=read_csv,
        describe=describe_csv,
    ),
    writing=Writing(
        content_type="text/csv; charset=utf-8",
        suffix="csv",
        carries="One row per task: data, split, metadata (as JSON), and each question's final label.",
        loses=frozenset(set(Part) - {Part.TASKS, Part.LABELS}),
        remark="Cells that a spreadsheet would run as a formula begin with an apostrophe, labels excepted.",
        write=write_tasks,
        write_rows=write_rows,
        has_columns=True,
    ),
)
