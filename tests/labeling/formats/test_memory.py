"""Memory stays flat however long the file is, or however long one of its lines."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from labeling.formats import FormatError, Row, csv, jsonl, parquet, read_source, sniff

ROWS = 200_000
LIMIT = 40 * 1024**2  # the same rows in a list take some 100 MB
# What a text line of the greatest allowed length takes while it is read, several times over.
LINE_LIMIT = 160 * 1024**2


def rows() -> Iterator[dict[str, str]]:
    return (
        {"external_id": f"row-{number}", "text": f"message number {number}, " + "words " * 10} for number in range(ROWS)
    )


def as_json() -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(rows()):
        yield (b"," if number else b"") + json.dumps(row).encode()
    yield b"]"


def as_text() -> Iterator[bytes]:
    return (row["text"].encode() + b"\n" for row in rows())


SCHEMA = pa.schema([("external_id", pa.string()), ("text", pa.string())])
WRITERS: dict[str, Callable[[], Iterator[bytes]]] = {
    "rows.csv": lambda: csv.write(rows(), ["external_id", "text"]),
    "rows.jsonl": lambda: jsonl.write(rows()),
    "rows.json": as_json,
    "rows.txt": as_text,
    "rows.parquet": lambda: parquet.write(rows(), SCHEMA),
}


@pytest.mark.parametrize("name", WRITERS)
def test_200_000_rows_are_written_and_read_in_flat_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    tracemalloc.start()
    try:
        with path.open("wb") as out:
            out.writelines(WRITERS[name]())
        with path.open("rb") as file:
            count = sum(1 for item in read_source(file, sniff(file, name)) if isinstance(item, Row))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == ROWS
    assert path.stat().st_size > 12 * 1024**2 or name == "rows.parquet"
    assert peak < LIMIT


@pytest.mark.parametrize(
    ("name", "begin"),
    [("x.jsonl", b'{"text": "'), ("x.json", b'[{"text": "'), ("x.csv", b'text,label\n"'), ("x.txt", b"text ")],
)
def test_a_line_of_two_gigabytes_is_refused_unread(name: str, begin: bytes, tmp_path: Path) -> None:
    """Only the beginning of the line is on disk; the rest is a hole in a sparse file."""
    path = tmp_path / name
    with path.open("wb") as out:
        out.write(begin + b"x" * 1_000_000)
        out.seek(2 * 1024**3)
        out.write(b'"\n')
    program = (
        "import resource, sys\n"
        "from labeling.formats import FormatError, read_source, sniff\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with open(sys.argv[1], 'rb') as file:\n"
        "    try:\n"
        "        items = list(read_source(file, sniff(file, sys.argv[1])))\n"
        "        said = str(items)\n"
        "    except FormatError as error:\n"
        "        said = error.message\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(after - before, said)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    grown, said = done.stdout.split(" ", 1)
    assert int(grown) * 1024 < LINE_LIMIT
    assert "longer than 16 MB" in said or "broken" in said


def test_a_csv_cell_without_end_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as out:
        out.write(b"text,label\na,b\n")
        out.write(b'"')
        for _ in range(20):
            out.write(b"word " * 200_000 + b"\n")
    with path.open("rb") as file:
        stream = read_source(file, sniff(file, "x.csv"))
        assert isinstance(next(stream), Row)
        with pytest.raises(FormatError, match="longer than 16 MB"):
            list(stream)
