from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats import FormatError, Row, RowProblem, SourceInfo, read_source, sniff
from labeling.formats import csv as csv_format
from labeling.formats.rows import EXPORT_MARK

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


def rows_of(content: bytes, name: str = "data.csv") -> list[Row | RowProblem]:
    file = io.BytesIO(content)
    return list(read_source(file, sniff(file, name)))


@given(cells=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20))
@settings(deadline=None)
def test_our_own_export_reads_back_exactly(cells: list[tuple[str, str]]) -> None:
    rows = [{EXPORT_MARK: str(number), "text": first, "=label": second} for number, (first, second) in enumerate(cells)]
    content = b"".join(csv_format.write(rows, [EXPORT_MARK, "text", "=label"]))
    # The header cell is escaped as well and stays so: only cells are restored.
    got = rows_of(content)
    assert [(row.values["text"] or "", row.values["'=label"] or "") for row in got if isinstance(row, Row)] == cells


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1+1", "''=x"])
def test_formula_cells_are_escaped_and_only_our_own_exports_restore_them(cell: str) -> None:
    assert csv_format.escape(cell) == f"'{cell}"
    assert csv_format.unescape(f"'{cell}") == cell
    foreign = b"".join(csv_format.write([{"text": cell, "b": "x"}], ["text", "b"]))
    (row,) = rows_of(foreign)
    assert isinstance(row, Row)
    assert row.values["text"] == f"'{cell}"


@pytest.mark.parametrize("cell", ["'hello", "it's", "", "plain"])
def test_harmless_cells_are_left_alone(cell: str) -> None:
    assert csv_format.escape(cell) == cell
    assert csv_format.unescape(cell) == cell


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found(delimiter: str, encoding: str) -> None:
    lines = [
        ["text", "label"],
        ["Grüße, Jürgen; schöne Wünsche", "größer"],
        ["naïve café à la crème", "übel"],
        ["x", "y"],
    ]
    body = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    got = rows_of(body.encode(encoding))
    assert [row.values["label"] for row in got if isinstance(row, Row)] == ["größer", "übel", "y"]


def test_rows_have_the_numbers_of_the_spreadsheet() -> None:
    got = rows_of(b'text,label\n"two\nlines",a\n\nlast,b\n')
    assert [item.number for item in got] == [2, 4]


def test_header_names_become_unique_and_never_empty() -> None:
    info = sniff(io.BytesIO(b"a,a,,b\n1,2,3,4\n"), "x.csv")
    assert info.columns == ("a", "a_2", "column_3", "b")
    assert len(info.notes) == 2


def test_a_row_with_too_many_cells_is_refused_with_its_number() -> None:
    good, bad = rows_of(b"a,b\n1,2\n1,2,3\n")
    assert isinstance(good, Row)
    assert bad == RowProblem(3, "", "The row has 3 cells, the header 2.")


def test_an_unclosed_quote_says_what_it_swallowed() -> None:
    good, bad = rows_of(b'a,b\n1,2\n"open,2\n3,4\n5,6\n')
    assert isinstance(good, Row)
    assert isinstance(bad, RowProblem)
    assert bad.number == 3
    assert "never closed" in bad.message


def test_wrong_quotes_cost_one_row_only() -> None:
    got = rows_of(b'a,b\n"x" y,2\n3,4\n')
    assert [type(item) for item in got] == [RowProblem, Row]


def test_a_record_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_format, "MAX_ROW_CHARS", 1000)
    file = io.BytesIO(b'a,b\n1,2\n"' + b"x,y\n" * 1000)
    stream = read_source(file, SourceInfo("csv", encoding="utf-8", delimiter=","))
    assert isinstance(next(stream), Row)
    with pytest.raises(FormatError, match="never closed"):
        list(stream)


def test_a_nul_is_a_value_like_any_other_to_the_reader() -> None:
    (row,) = rows_of(b"text,b\nhel\x00lo,x\n")
    assert isinstance(row, Row)
    assert row.values["text"] == "hel\x00lo"
