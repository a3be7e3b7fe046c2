"""Excel workbooks (.xlsx): the first visible sheet is a table, read row by row."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO

from labeling.formats.base import Candidate, Format, Reading
from labeling.formats.csv import header_of
from labeling.formats.lines import whole_of
from labeling.formats.rows import MAX_COLUMNS, MAX_ROW_CHARS, FormatError, Item, Row, RowProblem, SourceInfo, weigh
from labeling.formats.zip_archive import Archive

_WORKBOOK = "xl/workbook.xml"
_STRINGS = "xl/sharedStrings.xml"
MAX_STRINGS_BYTES = 128 * 1024**2
"""How long the texts of a workbook may be, which are in memory all at once."""

# What the library lets through of a file that is not as it says.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
)
_ERROR = "e"


def sniff_xlsx(candidate: Candidate) -> SourceInfo | None:
    """Claim a ZIP that holds a workbook, with the columns that its first row names."""
    if not candidate.head.startswith(b"PK\x03\x04"):
        return None
    file = whole_of(candidate.file)
    sizes = {info.filename: info.file_size for info in Archive(file).entries}
    if _WORKBOOK not in sizes:
        return None
    if sizes.get(_STRINGS, 0) > MAX_STRINGS_BYTES:
        raise FormatError(
            f"The texts of the workbook are longer than {MAX_STRINGS_BYTES // 1024**2} MB: save the sheet as CSV."
        )
    with _opened(file) as book:
        sheets = _sheets(book)
        if not sheets:
            raise FormatError("The workbook has no visible sheet.")
        columns, notes = _header_of(next(_rows_of(sheets[0]), []))
    if len(sheets) > 1:
        notes = (f"The workbook has {len(sheets):,} sheets; the first of them, “{sheets[0].title}”, is read.", *notes)
    return SourceInfo("xlsx", columns=columns, root=sheets[0].title, notes=notes)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Any]:
    """Open a workbook to be read row by row, formulas as the values that were saved with them."""
    try:
        file.seek(0)
        book = import_module("openpyxl").load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except _DAMAGES as error:
        raise FormatError("The Excel workbook is damaged or protected with a password: it cannot be opened.") from error
    try:
        yield book
    finally:
        book.close()


def _sheets(book: Any) -> list[Any]:
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def _rows_of(sheet: Any) -> Iterator[list[Any]]:
    """Yield the cells of every row, without empty ones at its end."""
    # What a sheet says of its size may be wrong: the library would believe it.
    sheet.reset_dimensions()
    for line in sheet.iter_rows(max_col=MAX_COLUMNS + 1):
        cells = list(line)
        while cells and cells[-1].value in {None, ""}:
            cells.pop()
        yield cells


def _header_of(cells: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not cells:
        raise FormatError("The first row of the sheet is empty: it has to name the columns.", row=1)
    return header_of(["" if cell.value is None else str(cell.value) for cell in cells])


def read_xlsx(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield a row for every row of the sheet below its first that is not empty; its number is the sheet's."""
    number = 1
    with _opened(whole_of(file)) as book:
        sheet = next((sheet for sheet in _sheets(book) if sheet.title == source.root), None)
        if sheet is None:
            raise FormatError("The sheet that was looked at is not in the workbook.")
        try:
            rows = _rows_of(sheet)
            columns, _ = _header_of(next(rows, []))
            for number, cells in enumerate(rows, start=2):
                if cells:
                    yield _row_of(number, columns, cells)
        except _DAMAGES as error:
            raise FormatError(f"The Excel workbook is damaged after row {number:,}.", row=number + 1) from error


def _row_of(number: int, columns: tuple[str, ...], cells: list[Any]) -> Item:
    if len(cells) > len(columns):
        return RowProblem(number, "", f"The row has {len(cells):,} cells, the header {len(columns):,}.")
    broken = next((name for name, cell in zip(columns, cells, strict=False) if cell.data_type == _ERROR), None)
    if broken is not None:
        return RowProblem(number, broken, "The cell holds an error of a formula, such as #N/A.")
    values: dict[str, Any] = dict.fromkeys(columns)
    values |= {name: cell.value for name, cell in zip(columns, cells, strict=False) if cell.value != ""}
    if weigh(values) > MAX_ROW_CHARS:
        return RowProblem(number, "", f"The row is longer than {MAX_ROW_CHARS // 1024**2} MB; no row may be.")
    return Row(number, values)


FORMAT = Format(
    name="xlsx",
    title="Excel",
    noun="an Excel workbook (.xlsx)",
    reading=Reading(
        suffixes=("xlsx",),
        fields=frozenset({"text"}),
        one_task="a row of the first visible sheet; its first row names the columns",
        columns="as named",
        layout="The columns of a CSV. Formulas are read as the values that were saved with them.",
        textual=False,
        sniff=sniff_xlsx,
        read=read_xlsx,
    ),
)
