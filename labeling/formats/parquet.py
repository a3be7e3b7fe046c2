"""Parquet: read and written row group by row group, nested columns included."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO

from labeling.formats.base import Candidate, ColumnType, Format, Part, Reading, Tasks, Writing
from labeling.formats.rows import MAX_COLUMNS, FormatError, Item, Row, SourceInfo

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH_ROWS = 1_000
_GROUP_ROWS = 10_000
_MAX_GROUP_BYTES = 2 * 1024**3


def _arrow() -> tuple[ModuleType, ModuleType]:
    """Return the library: loaded when a file is read or written, not by every process."""
    return import_module("pyarrow"), import_module("pyarrow.parquet")


def open_file(file: BinaryIO) -> pq.ParquetFile:
    """Open the file and check what its footer promises.

    Raises
    ------
    FormatError
        When it is damaged or would not fit into memory.
    """
    pa, pq = _arrow()
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


def sniff_parquet(candidate: Candidate) -> SourceInfo | None:
    """Claim what begins as Parquet does, with the names of its top-level columns."""
    if not candidate.head.startswith(b"PAR1"):
        return None
    return SourceInfo("parquet", columns=tuple(open_file(candidate.file).schema_arrow.names))


def count_rows(file: BinaryIO, _source: SourceInfo) -> int:
    """Return how many rows the footer promises."""
    return int(open_file(file).metadata.num_rows)


def read_parquet(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield every row; its number is its position from 1."""
    pa, _ = _arrow()
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


def schema_of(columns: Mapping[str, ColumnType]) -> pa.Schema:
    """Return the schema of named columns."""
    pa, _ = _arrow()
    return pa.schema([(name, _type(column)) for name, column in columns.items()])


def write(rows: Iterable[Mapping[str, Any]], schema: pa.Schema, *, group_rows: int = _GROUP_ROWS) -> Iterator[bytes]:
    """Yield the file in pieces, one row group at a time."""
    pa, _ = _arrow()
    iterator = iter(rows)
    groups = iter(lambda: list(islice(iterator, group_rows)), [])
    return _write((pa.Table.from_pylist(group, schema=schema) for group in groups), schema)


def write_columns(batches: Iterable[Sequence[Sequence[Any]]], schema: pa.Schema) -> Iterator[bytes]:
    """Yield the file in pieces, of batches of rows that come as columns; row groups are as large as of `write`."""
    return _write(_grouped(batches, schema), schema)


def _grouped(batches: Iterable[Sequence[Sequence[Any]]], schema: pa.Schema) -> Iterator[pa.Table]:
    pa, _ = _arrow()
    waiting = schema.empty_table()
    for columns in batches:
        arrays = [pa.array(cells, type_) for cells, type_ in zip(columns, schema.types, strict=True)]
        waiting = pa.concat_tables([waiting, pa.Table.from_arrays(arrays, schema=schema)])
        while waiting.num_rows >= _GROUP_ROWS:
            yield waiting.slice(0, _GROUP_ROWS)
            waiting = waiting.slice(_GROUP_ROWS)
    if waiting.num_rows:
        yield waiting


def _write(groups: Iterable[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    pa, pq = _arrow()
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in groups:
            writer.write_table(group)
            yield sink.take()
    yield sink.take()


def _type(column: ColumnType) -> pa.DataType:
    pa, _ = _arrow()
    if isinstance(column, dict):
        return pa.struct([(name, _type(inner)) for name, inner in column.items()])
    if isinstance(column, list):
        return pa.list_(_type(column[0]))
    return {int: pa.int64, float: pa.float64}.get(column, pa.string)()


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield one typed row per task."""
    return write_columns(tasks.batches(), schema_of(tasks.columns))


FORMAT = Format(
    name="parquet",
    title="Parquet",
    noun="Parquet",
    reading=Reading(
        suffixes=("parquet",),
        fields=frozenset({"text"}),
        one_task="a row; nested columns become objects",
        columns="columns",
        layout="The columns of a CSV, with types. A column of lists can hold several labels, one of bytes an image.",
        textual=False,
        sniff=sniff_parquet,
        read=read_parquet,
        count_rows=count_rows,
    ),
    writing=Writing(
        content_type="application/vnd.apache.parquet",
        suffix="parquet",
        carries="The rows of the CSV, with types: lists stay lists and numbers stay numbers.",
        loses=frozenset({Part.SOURCES, Part.EARLIER, Part.ANNOTATIONS, Part.DISCUSSION, Part.IMAGES, Part.SITE}),
        write=write_tasks,
    ),
)
