"""Parquet, read in pieces that are measured before they become rows.

What a file holds may be a million times its size: a value that stands once in a dictionary can be that of every row.
Dictionaries therefore stay encoded until it is known what their rows would take, and rows are made of as many at a time
as fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from labeling.formats.images import MAX_FILE_BYTES
from labeling.formats.lines import whole_of
from labeling.formats.rows import MAX_COLUMNS, MAX_ROW_CHARS, FormatError, Item, Row, RowProblem, SourceInfo

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    import pyarrow.parquet as pq

    Sizes: TypeAlias = npt.NDArray[np.int64]

_BATCH_ROWS = 1_000
_BATCH_CELLS = 1_000_000
_BATCH_BYTES = 32 * 1024**2
_PIECE_BYTES = 8 * 1024**2
# Of values of a fixed width the library makes room for a thousand at once, however few are asked for.
_MAX_FIXED_BYTES = 64 * 1024
_MAX_GROUP_BYTES = 2 * 1024**3
_MAX_VALUES_IN_ROW = 4_000_000
_MAX_ROW_WITH_IMAGE_BYTES = MAX_FILE_BYTES + MAX_ROW_CHARS
# About what any value costs as an object of its own, whatever it holds.
_OBJECT_BYTES = 64
_TEXT_TYPES = {"NONE", "UTF8", "JSON", "BSON", "ENUM"}


def load_arrow() -> tuple[ModuleType, ModuleType]:
    """Return the library: loaded when a file is read or written, not by every process."""
    pa, pq = import_module("pyarrow"), import_module("pyarrow.parquet")
    # Its own pool reserves a gigabyte of addresses at once, which a limit to memory takes for memory.
    pa.set_memory_pool(pa.system_memory_pool())
    return pa, pq


def open_file(file: BinaryIO) -> pq.ParquetFile:
    """Open the file, its texts as dictionaries, and check what its footer promises.

    Raises
    ------
    FormatError
        When it is damaged or would not fit into memory.
    """
    pa, pq = load_arrow()
    try:
        metadata = pq.read_metadata(file)
        _check_promises(metadata)
        return pq.ParquetFile(
            file,
            metadata=metadata,
            read_dictionary=_dictionary_columns(metadata),
            pre_buffer=False,
            buffer_size=1024 * 1024,
        )
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError("The Parquet file is damaged or incomplete: its footer cannot be read.") from error


def _check_promises(metadata: pq.FileMetaData) -> None:
    if metadata.num_columns > MAX_COLUMNS:
        raise FormatError(f"The file has {metadata.num_columns:,} columns; at most {MAX_COLUMNS:,} can be read.")
    for column in (metadata.schema.column(index) for index in range(metadata.num_columns)):
        if (column.length or 0) > _MAX_FIXED_BYTES:
            raise FormatError(
                f"The column {column.path[:100]} has values of {column.length:,} bytes each; at most "
                f"{_MAX_FIXED_BYTES:,} can be read. Write it as bytes of any length."
            )
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        if group.total_byte_size > _MAX_GROUP_BYTES:
            raise FormatError("A row group of the file is larger than 2 GB: write it with smaller row groups.")
        if _values_of(group) > _MAX_VALUES_IN_ROW * max(1, group.num_rows):
            raise FormatError(f"The rows of the file hold more than {_MAX_VALUES_IN_ROW:,} values each; no row may.")


def _values_of(group: pq.RowGroupMetaData) -> int:
    return sum(group.column(index).num_values for index in range(group.num_columns))


def _dictionary_columns(metadata: pq.FileMetaData) -> list[str]:
    """Return the paths of the texts that can stay dictionaries: all but those written as differences."""
    columns = [metadata.schema.column(index) for index in range(metadata.num_columns)]
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return [
        column.path
        for index, column in enumerate(columns)
        if column.physical_type == "BYTE_ARRAY"
        and column.converted_type in _TEXT_TYPES
        and not any(_is_differences(group.column(index)) for group in groups)
    ]


def _is_differences(chunk: pq.ColumnChunkMetaData) -> bool:
    return any(encoding.startswith("DELTA") for encoding in chunk.encodings)


def _rows_at_once(metadata: pq.FileMetaData, index: int) -> int:
    """Return how many rows of a group are decoded at once, by what its columns take whatever they hold."""
    group = metadata.row_group(index)
    columns = range(group.num_columns)
    cells = _values_of(group) / max(1, group.num_rows)
    # Of a fixed width each; of a difference to the value before only the sum of a chunk is known.
    fixed = sum(metadata.schema.column(column).length or 8 for column in columns)
    longest = sum(
        group.column(column).total_uncompressed_size
        for column in columns
        if _is_differences(group.column(column)) and metadata.schema.column(column).physical_type == "BYTE_ARRAY"
    )
    rows = min(_BATCH_ROWS, _BATCH_CELLS // max(1, cells), _BATCH_BYTES // max(1, fixed + longest))
    return max(1, int(rows))


def read_parquet(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield every row; its number is its position from 1."""
    pa, _ = load_arrow()
    parquet = open_file(whole_of(file))
    number = 0
    try:
        for index in range(parquet.num_row_groups):
            batch_rows = _rows_at_once(parquet.metadata, index)
            for batch in parquet.iter_batches(batch_size=batch_rows, row_groups=[index], use_threads=False):
                for item in _items_of(batch, before=number):
                    yield item
                    number = item.number
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"The Parquet file is damaged after row {number:,}.", row=number + 1) from error


def _items_of(batch: pa.RecordBatch, *, before: int) -> Iterator[Item]:
    """Yield the rows of a batch, of which only a piece is in memory as values."""
    import numpy as np  # noqa: PLC0415 - loaded by who reads such a file

    sizes = sum((sizes_of(column) for column in batch.columns), np.zeros(batch.num_rows, dtype=np.int64))
    ends = np.cumsum(sizes)
    most = _most_bytes(batch.schema)
    at = 0
    while at < batch.num_rows:
        if sizes[at] > most:
            reason = f"The row is longer than {most // 1024 // 1024} MB; no row may be."
            yield RowProblem(before + at + 1, "", reason)
            at += 1
            continue
        until = int(np.searchsorted(ends, ends[at] - sizes[at] + _PIECE_BYTES, side="right"))
        until = max(until, at + 1)
        yield from _rows_of(batch.slice(at, until - at), before=before + at)
        at = until


def _most_bytes(schema: pa.Schema) -> int:
    """Return how long a row may be: longer where it may hold an image."""
    return _MAX_ROW_WITH_IMAGE_BYTES if any(_holds_bytes(field.type) for field in schema) else MAX_ROW_CHARS


def _holds_bytes(kind: pa.DataType) -> bool:
    types = load_arrow()[0].types
    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if types.is_nested(kind):
        return any(_holds_bytes(kind.field(index).type) for index in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def sizes_of(array: pa.Array) -> Sizes:
    """Return about how many bytes each value of an array will take as an object, without making one."""
    import numpy as np  # noqa: PLC0415 - as above

    pa, _ = load_arrow()
    kind, types = array.type, pa.types
    if isinstance(array, pa.ExtensionArray):
        return sizes_of(array.storage)
    if types.is_dictionary(kind):
        known = np.append(sizes_of(array.dictionary), 0)
        at: Sizes = array.indices.fill_null(len(array.dictionary)).to_numpy(zero_copy_only=False)
        return known[at]
    if types.is_struct(kind):
        inner = (sizes_of(array.field(index)) for index in range(kind.num_fields))
        return sum(inner, np.full(len(array), _OBJECT_BYTES, dtype=np.int64))
    if types.is_fixed_size_list(kind):
        return sizes_of(array.cast(pa.list_(kind.value_type)))
    if types.is_map(kind):
        return _sizes_of_lists(array.offsets, sizes_of(array.keys) + sizes_of(array.items))
    if types.is_list(kind) or types.is_large_list(kind):
        return _sizes_of_lists(array.offsets, sizes_of(array.values))
    texts = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    if any(is_text(kind) for is_text in texts):
        lengths = import_module("pyarrow.compute").binary_length(array).fill_null(0)
        long: Sizes = lengths.to_numpy(zero_copy_only=False).astype(np.int64)
        return long + _OBJECT_BYTES
    return np.full(len(array), _OBJECT_BYTES + array.nbytes // max(1, len(array)), dtype=np.int64)


def _sizes_of_lists(offsets: pa.Array, values: Sizes) -> Sizes:
    import numpy as np  # noqa: PLC0415 - as above

    ends: Sizes = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values, dtype=np.int64)])
    at: Sizes = offsets.to_numpy(zero_copy_only=False)
    lengths: Sizes = np.diff(ends[at])
    return lengths + _OBJECT_BYTES


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Stands for a value that Python does not know."""

    reason: str


def _rows_of(piece: pa.RecordBatch, *, before: int) -> Iterator[Item]:
    names = piece.schema.names
    columns = [_values_of_column(column) for column in piece.columns]
    sound = not any(isinstance(cell, _Unreadable) for cells, good in columns if not good for cell in cells)
    lines = zip(*(cells for cells, _ in columns), strict=True) if columns else iter([()] * piece.num_rows)
    for number, line in enumerate(lines, start=before + 1):
        if not sound:
            bad = next((place for place, cell in enumerate(line) if isinstance(cell, _Unreadable)), None)
            if bad is not None:
                yield RowProblem(number, names[bad], line[bad].reason)
                continue
        yield Row(number, dict(zip(names, line, strict=True)))


def _values_of_column(column: pa.Array) -> tuple[list[Any], bool]:
    """Return the values of a column, and whether all could be made; one that could not stands for itself alone."""
    pa, _ = load_arrow()
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    try:
        return plain.to_pylist(), True
    except MemoryError:
        raise
    except _not_made():
        return [_value_of(scalar) for scalar in plain], False


def _value_of(scalar: pa.Scalar[Any]) -> Any:
    try:
        return scalar.as_py()
    except MemoryError:
        raise
    except UnicodeDecodeError:
        return _Unreadable("The value holds bytes that are no valid UTF-8.")
    except OverflowError:
        return _Unreadable("The value is a date or a time outside the years 1 to 9999, which cannot be taken.")
    except _not_made() as error:
        return _Unreadable(f"The value cannot be read: {str(error)[:200]}")


def _not_made() -> tuple[type[Exception], ...]:
    """Return what goes wrong with values that a file may hold and Python cannot."""
    return (ArithmeticError, LookupError, TypeError, ValueError, load_arrow()[0].ArrowException)
