"""Excel workbooks: the first visible sheet as a table, and every trap told."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest

from labeling.formats import FormatError, Item, Row, RowProblem, read_source, sniff, xlsx
from tests.pictures import zipped


def workbook(*rows: list[Any], title: str = "Data", **sheets: list[list[Any]]) -> io.BytesIO:
    book = openpyxl.Workbook()
    first = book.active
    first.title = title
    for row in rows:
        first.append(row)
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out


def items_of(file: io.BytesIO) -> list[Item]:
    return list(read_source(file, sniff(file, "rows.xlsx")))


def test_rows_have_the_numbers_of_the_sheet_and_values_their_types() -> None:
    day = dt.datetime(2024, 5, 1, tzinfo=None)  # noqa: DTZ001 - a sheet knows no zone
    file = workbook(["text", "n", "when", "empty"], ["a", 3, day], [], ["-5 stars", 0.5, None, ""])
    source = sniff(file, "rows")
    assert (source.format, source.columns, source.root) == ("xlsx", ("text", "n", "when", "empty"), "Data")
    first, second = items_of(file)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.number, first.values) == (2, {"text": "a", "n": 3, "when": day, "empty": None})
    assert (second.number, second.values) == (4, {"text": "-5 stars", "n": 0.5, "when": None, "empty": None})


def test_cells_beyond_the_header_and_errors_are_problems_of_their_rows() -> None:
    first, second, third = items_of(workbook(["text", "n"], ["a", 1, "more"], ["b", "#N/A"], ["c", 2]))
    assert isinstance(first, RowProblem)
    assert "3 cells" in first.message
    assert isinstance(second, RowProblem)
    assert (second.number, second.column) == (3, "n")
    assert isinstance(third, Row)


def test_other_sheets_are_told() -> None:
    source = sniff(workbook(["text"], ["a"], Notes=[["x"]]), "rows.xlsx")
    assert "2 sheets; the first of them, “Data”" in source.notes[0]


def test_what_is_no_workbook_or_a_broken_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="damaged or protected"):
        sniff(zipped({"xl/workbook.xml": b"<no"}), "rows.xlsx")
    with pytest.raises(FormatError, match="first row of the sheet is empty"):
        sniff(workbook(), "rows.xlsx")
    with pytest.raises(FormatError, match="office document"):
        sniff(zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "letter.docx")
    monkeypatch.setattr(xlsx, "MAX_STRINGS_BYTES", 10)
    with pytest.raises(FormatError, match="texts of the workbook are longer"):
        sniff(zipped({"xl/workbook.xml": b"<a/>", "xl/sharedStrings.xml": bytes(20)}), "rows.xlsx")
