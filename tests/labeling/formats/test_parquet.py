from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats import FormatError, Row, parquet, read_source, sniff

SCHEMA = pa.schema([("text", pa.string()), ("n", pa.int64()), ("labels", pa.list_(pa.string()))])
ROW = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "labels": st.none() | st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=3),
    }
)


@given(rows=st.lists(ROW, max_size=12), group_rows=st.integers(1, 5))
@settings(deadline=None)
def test_what_is_written_reads_back(rows: list[dict[str, Any]], group_rows: int) -> None:
    file = io.BytesIO(b"".join(parquet.write(rows, SCHEMA, group_rows=group_rows)))
    got = list(read_source(file, sniff(file, "rows.bin")))
    assert [item.values for item in got if isinstance(item, Row)] == rows


def test_nested_columns_become_objects() -> None:
    schema = pa.schema([("text", pa.string()), ("labels", pa.struct([("q", pa.string())]))])
    rows = [{"text": "a", "labels": {"q": "x"}}]
    file = io.BytesIO(b"".join(parquet.write(rows, schema)))
    info = sniff(file, "x.parquet")
    assert info.columns == ("text", "labels")
    assert info.sample[0].values == rows[0]


def test_a_damaged_file_is_refused_in_words() -> None:
    content = b"".join(parquet.write([{"text": "a"}], SCHEMA))
    for broken in (content[:-20], b"PAR1" + bytes(200), content[:40] + bytes(len(content) - 40)):
        with pytest.raises(FormatError, match="damaged"):
            sniff(io.BytesIO(broken), "x.parquet")
