"""Memory stays flat however long the file is, or however long one of its lines."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from labeling.formats import FormatError, Row, csv, jsonl, parquet, read_source, sniff
from labeling.formats.memory import bounded_memory

ROWS = 50_000
LIMIT = 12 * 1024**2  # the same rows in a list take 18 MB
# What a text line of the greatest allowed length takes while it is read, several times over.
LINE_LIMIT = 160 * 1024**2
LONG_LINE = 512 * 1024**2


def rows(count: int) -> Iterator[dict[str, str]]:
    return (
        {"external_id": f"row-{number}", "text": f"message number {number}, " + "words " * 10}
        for number in range(count)
    )


def as_json(count: int) -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(rows(count)):
        yield (b"," if number else b"") + json.dumps(row).encode()
    yield b"]"


def as_text(count: int) -> Iterator[bytes]:
    return (row["text"].encode() + b"\n" for row in rows(count))


SCHEMA = pa.schema([("external_id", pa.string()), ("text", pa.string())])
WRITERS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "rows.csv": lambda count: csv.write(rows(count), ["external_id", "text"]),
    "rows.jsonl": lambda count: jsonl.write(rows(count)),
    "rows.json": as_json,
    "rows.txt": as_text,
    "rows.parquet": lambda count: parquet.write(rows(count), SCHEMA),
}


def written_and_read(path: Path, count: int) -> int:
    with path.open("wb") as out:
        out.writelines(WRITERS[path.name](count))
    with path.open("rb") as file:
        return sum(1 for item in read_source(file, sniff(file, path.name)) if isinstance(item, Row))


@pytest.mark.parametrize("name", WRITERS)
def test_50_000_rows_are_written_and_read_in_flat_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    written_and_read(path, 2)  # what libraries load at their first use is not the rows'
    tracemalloc.start()
    try:
        count = written_and_read(path, ROWS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == ROWS
    assert path.stat().st_size > 3 * 1024**2 or name == "rows.parquet"
    assert peak < LIMIT


@pytest.mark.parametrize(
    ("name", "begin"),
    [("x.jsonl", b'{"text": "'), ("x.json", b'[{"text": "'), ("x.csv", b'text,label\n"'), ("x.txt", b"text ")],
)
def test_a_line_of_half_a_gigabyte_is_refused_unread(name: str, begin: bytes, tmp_path: Path) -> None:
    """Only the beginning of the line is on disk; the rest is a hole in a sparse file."""
    path = tmp_path / name
    with path.open("wb") as out:
        out.write(begin + b"x" * 1_000_000)
        out.seek(LONG_LINE)
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


def test_a_limit_that_two_share_goes_with_the_last_of_them() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    one, two = bounded_memory(), bounded_memory()
    one.__enter__()
    two.__enter__()
    assert resource.getrlimit(resource.RLIMIT_AS) != before
    one.__exit__(None, None, None)
    assert resource.getrlimit(resource.RLIMIT_AS) != before
    two.__exit__(None, None, None)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
