"""Parquet: read in measured pieces (`parquet_reading`) and written row group by row group, nested columns included."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from labeling.formats.base import Candidate, CellType, Format, Part, Reading, Tasks, Writing
from labeling.formats.lines import whole_of
from labeling.formats.parquet_reading import load_arrow, open_file, read_parquet
from labeling.formats.rows import FormatError, Item, Row, SourceInfo, in_words

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 10_000
_GROUP_BYTES = 16 * 1024**2


def sniff_parquet(candidate: Candidate) -> SourceInfo | None:
    """Claim what begins as Parquet does, with the names of its top-level columns."""
    if not candidate.head.startswith(b"PAR1"):
        return None
    try:
        return SourceInfo("parquet", columns=tuple(open_file(whole_of(candidate.file)).schema_arrow.names))
    except UnicodeDecodeError:
        raise FormatError("The names of the columns of the Parquet file are no valid UTF-8.") from None


def read_named_classes(file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield every row, numbers of classes as their names where the file says them."""
    named = class_names(file)
    for item in read_parquet(file, source):
        if isinstance(item, Row):
            for column, names in named.items():
                item.values[column] = _named(item.values.get(column), names)
        yield item


def class_names(file: BinaryIO) -> dict[str, list[str]]:
    """Return the names of classes by column that the Hugging Face library `datasets` writes into the footer."""
    try:
        stored = json.loads((open_file(whole_of(file)).schema_arrow.metadata or {}).get(b"huggingface", b"{}"))
        features = stored["info"]["features"].items()
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {column: names for column, feature in features if (names := _names_of(feature))}


def _names_of(feature: Any) -> list[str]:
    """Return the names of a class label, or of those in a list of them, in whichever form a version writes lists."""
    match feature:
        case {"_type": "ClassLabel", "names": [*names]} if all(isinstance(name, str) for name in names):
            return names
        case {"_type": "Sequence" | "List" | "LargeList", "feature": inner} | [inner]:
            return _names_of(inner)
        case _:
            return []


def _named(value: Any, names: Sequence[str]) -> Any:
    """Return the name of a class; -1 stands for none, and a number without a name stays what it is."""
    if isinstance(value, list):
        return [name for one in value if (name := _named(one, names)) is not None]
    if isinstance(value, int) and not isinstance(value, bool):
        return None if value == -1 else names[value] if 0 <= value < len(names) else value
    return value


def count_rows(file: BinaryIO, _source: SourceInfo) -> int:
    """Return how many rows the footer promises."""
    return int(open_file(file).metadata.num_rows)


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


def schema_of(columns: Mapping[str, CellType]) -> pa.Schema:
    """Return the schema of named columns."""
    pa, _ = load_arrow()
    return pa.schema([(name, _type(column)) for name, column in columns.items()])


def write(rows: Iterable[Mapping[str, Any]], schema: pa.Schema, *, group_rows: int = _GROUP_ROWS) -> Iterator[bytes]:
    """Yield the file in pieces, one row group at a time."""
    pa, _ = load_arrow()
    iterator = iter(rows)
    groups = iter(lambda: list(islice(iterator, group_rows)), [])
    return _write((pa.Table.from_pylist(group, schema=schema) for group in groups), schema)


def write_columns(batches: Iterable[Sequence[Sequence[Any]]], schema: pa.Schema) -> Iterator[bytes]:
    """Yield the file in pieces, of batches of rows that come as columns; row groups are as large as of `write`."""
    return _write(_grouped(batches, schema), schema)


def _grouped(batches: Iterable[Sequence[Sequence[Any]]], schema: pa.Schema) -> Iterator[pa.Table]:
    pa, _ = load_arrow()
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
    pa, pq = load_arrow()
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in groups:
            writer.write_table(group)
            yield sink.take()
    yield sink.take()


def _type(column: CellType) -> pa.DataType:
    pa, _ = load_arrow()
    if isinstance(column, dict):
        return pa.struct([(name, _type(inner)) for name, inner in column.items()])
    if isinstance(column, list):
        return pa.list_(_type(column[0]))
    if column is datetime:
        return pa.timestamp("us", tz="UTC")
    return {int: pa.int64, float: pa.float64, bool: pa.bool_}.get(column, pa.string)()


def write_tasks(tasks: Tasks) -> Iterator[bytes]:
    """Yield one typed row per task; an image is its bytes and its name, as the Hugging Face library knows them."""
    schema = _task_schema(tasks)
    if not tasks.image_fields:
        return write_columns(tasks.batches(), schema)
    return _write(_groups_of_images(tasks, schema), schema)


def _task_schema(tasks: Tasks) -> pa.Schema:
    """Return the schema of tasks, with what that library reads of it: which columns are images, and names of classes.

    It gives classes by name, as they are stored, and other programs need no list of numbers.
    """
    pa, _ = load_arrow()
    schema = schema_of(tasks.columns)
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features: dict[str, Any] = {
        name: {"_type": "ClassLabel", "names": [*names]}
        for name, names in tasks.class_names.items()
        if name in tasks.columns
    }
    for name in tasks.image_fields:
        schema = schema.set(schema.get_field_index(name), pa.field(name, image))
        features[name] = {"_type": "Image"}
    if not features:
        return schema
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _groups_of_images(tasks: Tasks, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield groups of rows whose images together are short, or one row: no more is in memory at once."""
    pa, _ = load_arrow()
    for batch in tasks.batches():
        rows = [dict(zip(tasks.columns, cells, strict=True)) for cells in zip(*batch, strict=True)]
        group: list[dict[str, Any]] = []
        size = 0
        for row in rows:
            length = sum(row[name]["bytes"] for name in tasks.image_fields if row[name])
            if group and size + length > _GROUP_BYTES:
                yield pa.Table.from_pylist(group, schema=schema)
                group, size = [], 0
            group.append(row | {name: _image(tasks, row[name]) for name in tasks.image_fields})
            size += length
        if group:
            yield pa.Table.from_pylist(group, schema=schema)


def _image(tasks: Tasks, known: dict[str, Any] | None) -> dict[str, Any] | None:
    if not known:
        return None
    pieces = tasks.image(known["sha256"])
    return {"bytes": None if pieces is None else b"".join(pieces), "path": known.get("name") or known["sha256"]}


def write_rows(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, CellType]) -> Iterator[bytes]:
    """Yield rows of typed columns; what stands in a column of texts and is none is written as JSON."""
    texts = [name for name, column in columns.items() if column is str]
    plain = (dict(row) | {name: in_words(row[name]) for name in texts} for row in rows)
    return write(plain, schema_of(columns))


FORMAT = Format(
    name="parquet",
    title="Parquet",
    noun="Parquet",
    reading=Reading(
        suffixes=("parquet",),
        fields=frozenset({"text"}),
        one_task="a row; nested columns become objects",
        columns="columns",
        layout="The columns of a CSV, with types. A column of lists can hold several labels, one of bytes an image. "
        "Classes that the Hugging Face library writes as numbers are read by their names.",
        textual=False,
        sniff=sniff_parquet,
        read=read_named_classes,
        count_rows=count_rows,
    ),
    writing=Writing(
        content_type="application/vnd.apache.parquet",
        suffix="parquet",
        carries="The rows of the CSV, with types: lists stay lists, numbers stay numbers, and images are there as "
        "the Hugging Face library knows them.",
        loses=frozenset({Part.SOURCES, Part.EARLIER, Part.ANNOTATIONS, Part.DISCUSSION, Part.SITE}),
        write=write_tasks,
        write_rows=write_rows,
        packed=True,
        has_columns=True,
    ),
)
