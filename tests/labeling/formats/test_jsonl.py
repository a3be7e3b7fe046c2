from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats import Row, RowProblem, SourceInfo, jsonl, lines, read_source

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SOURCE = SourceInfo("jsonl", encoding="utf-8")


@given(rows=st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=10))
@settings(deadline=None)
def test_what_is_written_reads_back(rows: list[dict[str, Any]]) -> None:
    content = b"".join(jsonl.write(rows)) if not _has_surrogates(rows) else b""
    if content:
        got = list(read_source(io.BytesIO(content), SOURCE))
        assert [item.values for item in got if isinstance(item, Row)] == rows


def _has_surrogates(rows: list[dict[str, Any]]) -> bool:
    return any(0xD800 <= ord(char) <= 0xDFFF for char in repr(rows))


def test_broken_lines_are_reported_and_the_rest_is_read() -> None:
    content = b'{"text": "a"}\n{"text": \n\n[1]\n{"n": NaN}\n{"text": "b"}'
    got = list(read_source(io.BytesIO(content), SOURCE))
    assert [(item.number, type(item)) for item in got] == [
        (1, Row),
        (2, RowProblem),
        (4, RowProblem),
        (5, RowProblem),
        (6, Row),
    ]


def test_a_line_over_the_limit_is_skipped_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines.bounded_lines, "__kwdefaults__", {"limit": 1000})
    content = b'{"text": "a"}\n{"text": "' + b"x" * 50_000 + b'"}\n{"text": "b"}\n'
    got = list(read_source(io.BytesIO(content), SOURCE))
    assert [type(item) for item in got] == [Row, RowProblem, Row]
    assert "longer than" in got[1].message  # type: ignore[union-attr]


def test_bottomless_nesting_is_one_bad_row() -> None:
    got = list(read_source(io.BytesIO(b'{"a":' * 100_000 + b"\n" + b'{"text": "b"}'), SOURCE))
    assert [type(item) for item in got] == [RowProblem, Row]
