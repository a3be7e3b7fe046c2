"""Small files that ask for much: made when a test needs one, never stored."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

MB = 1024**2


def _written(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd", store_schema=False, **options)
    return out.getvalue()


def _repeated(chars: int, times: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array(["x" * chars]))


def dictionary(chars: int = MB, rows: int = 1_000) -> bytes:
    """Return a file whose one value is that of every row."""
    return _written(pa.table({"text": _repeated(chars, rows)}), dictionary_pagesize_limit=1024 * MB)


def nested_dictionary(chars: int = MB, rows: int = 10, values: int = 100) -> bytes:
    """Return a file whose one value stands many times in a list in every row."""
    offsets = pa.array(range(0, (rows + 1) * values, values), pa.int32())
    lists = pa.ListArray.from_arrays(offsets, _repeated(chars, rows * values))
    return _written(pa.table({"text": ["x"] * rows, "tags": lists}), dictionary_pagesize_limit=1024 * MB)


def fixed_width(length: int = MB, rows: int = 1_000) -> bytes:
    """Return a file whose one value of a fixed width is that of every row."""
    one = pa.array([b"x" * length], pa.binary(length))
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), one)
    return _written(pa.table({"text": column}), dictionary_pagesize_limit=1024 * MB)


def differences(chars: int = MB, rows: int = 100) -> bytes:
    """Return a file whose rows differ in nothing from the row before."""
    table = pa.table({"text": ["x" * chars] * rows})
    return _written(table, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})


def one_list(values: int = 200_000_000) -> bytes:
    """Return a file of one row with a list of very many empty values."""
    lists = pa.ListArray.from_arrays(pa.array([0, values], pa.int64()).cast(pa.int32()), pa.nulls(values, pa.bool_()))
    return _written(pa.table({"text": ["x"], "tags": lists}))


def odd_times() -> bytes:
    """Return a file with moments that Python has no word for, between good rows."""
    columns = {
        "text": ["First.", "Second.", "Third."],
        "seen_at": pa.array([0, 2**62, 0], pa.timestamp("us")),
        "born_on": pa.array([0, 0, 2**31 - 1], pa.date32()),
    }
    return _written(pa.table(columns))


def wide_object(keys: int = 100_000) -> bytes:
    """Return a list of one object with very many keys."""
    return b"[{" + b",".join(b'"k%d":1' % number for number in range(keys)) + b"}]"


def open_quote(size: int = 25 * MB) -> bytes:
    """Return a table with a quotation mark that is never closed."""
    return b'text,intent\nHello,billing\n"' + b"a,b\n" * (size // 4)


def empty_lists(size: int = 9 * MB) -> bytes:
    """Return a list of empty lists."""
    return b"[" + b"[]," * (size // 3) + b"[]]"
