from __future__ import annotations

import io
import json

import pytest

from labeling.formats import FormatError, Row, RowProblem, SourceInfo, read_source, sniff
from labeling.formats import json as json_format

ROWS = [{"text": "ä", "n": 1.5}, {"text": "b", "labels": {"q": ["x"]}}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrapped", [False, True])
def test_arrays_are_found_wherever_they_are(encoding: str, indent: int | None, wrapped: bool) -> None:
    file = io.BytesIO(
        json.dumps({"about": 1, "tasks": ROWS} if wrapped else ROWS, indent=indent, ensure_ascii=False).encode(encoding)
    )
    info = sniff(file, "rows.json")
    assert info.format == "json"
    assert [item.values for item in read_source(file, info) if isinstance(item, Row)] == ROWS


def test_an_item_that_is_no_object_is_reported() -> None:
    file = io.BytesIO(b'[{"text": "a"}, 3]')
    assert [type(item) for item in read_source(file, sniff(file, "a.json"))] == [Row, RowProblem]


def test_a_file_that_breaks_off_says_after_which_item() -> None:
    file = io.BytesIO(b'[{"text": "a"}, {"te')
    stream = read_source(file, sniff(file, "a.json"))
    assert isinstance(next(stream), Row)
    with pytest.raises(FormatError, match="after item 1"):
        next(stream)


def test_an_endless_item_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_format, "MAX_ROW_CHARS", 200_000)
    file = io.BytesIO(b'[{"text": "a"}, {"text": "' + b"x" * 2_000_000 + b'"}]')
    stream = read_source(file, SourceInfo("json", encoding="utf-8", root="item"))
    assert isinstance(next(stream), Row)
    with pytest.raises(FormatError, match="Item 2 is longer"):
        next(stream)
