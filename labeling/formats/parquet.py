"""Parquet: read and written row group by row group, nested columns included."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.formats.rows import MAX_COLUMNS, FormatError, Item, Row, SourceInfo

_BATCH_ROWS = 1_000
_GROUP_ROWS = 10_000
_MAX_GROUP_BYTES = 2 * 1024**3


def open_file(file: BinaryIO) -> pq.ParquetFile:
    """Open the file and check what its footer promises.

    Raises
    ------
    FormatError
        When it is damaged or would not fit into memory.
    """
    try:
        parquet = pq.ParquetFile(file, pre_buffer=False, buffer_size=1024 * 1024)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError("The Parquet file is damaged or incomplete: its footer cannot be read.") from error
    metadata = parquet.metadata
    if metadata.num_columns > MAX_COLUMNS:
        raise FormatError(f"The file has {metadata.num_columns:,} columns; at most {MAX_COLUMNS:,} can be read.")
    for index in range(metadata.num_row_groups):
        if metadata.row_group(index).total_byte_size > _MAX_GROUP_BYTES:
            raise FormatError("A row group of the file is larger than 2 GB: write it with smaller row groups.")
    return parquet


def columns_of(file: BinaryIO) -> tuple[str, ...]:
    """Return the names of the top-level columns."""
    return tuple(open_file(file).schema_arrow.names)


def read(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield every row; its number is its position from 1."""
    parquet = open_file(file)
    number = 0
    try:
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"The Parquet file is damaged after row {number:,}.", row=number + 1) from error


class _Sink(io.RawIOBase):
    """Takes what the writer gives until somebody fetches it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def write(rows: Iterable[Mapping[str, Any]], schema: pa.Schema, *, group_rows: int = _GROUP_ROWS) -> Iterator[bytes]:
    """Yield the file in pieces, one row group at a time."""
    sink = _Sink()
    iterator = iter(rows)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while group := list(islice(iterator, group_rows)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            yield sink.take()
    yield sink.take()
