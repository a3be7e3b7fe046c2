"""What a file holds, told in a few kilobytes by a process that may take little memory and time.

Readers are careful, and libraries below them trust what a file says of itself. Whoever serves people therefore looks at
no file: it starts this module (`python -m labeling.formats.preview NAME`) with the file as its input, and reads what it
writes. A file that is a trap ends this process and no other.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, BinaryIO

from labeling.formats.registry import list_nouns
from labeling.formats.rows import FormatError, Row, RowProblem, SourceInfo, clean_text
from labeling.formats.sniff import sniff

SHOWN_COLUMNS = 200
"""How many columns a look has values of."""

VALUE_CHARS = 300
MEMORY_BYTES = 768 * 1024**2
CPU_SECONDS = 10
WALL_SECONDS = 60

_ROOT = Path(__file__).resolve().parents[2]
# One thread each, and memory as it is needed: what libraries reserve beforehand counts against the limit.
_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": os.defpath,
}
_TOO_MUCH = (
    f"Looking at this file takes more than {MEMORY_BYTES // 1024**2} MB of memory, far more than its rows should: "
    "write it with smaller values or smaller row groups."
)
_TOO_LONG = f"Looking at this file takes longer than {CPU_SECONDS} seconds. Import {{nouns}} of usual rows."
_BROKEN = "This file cannot be read: the program that looked at it broke off. Write it again, or as another format."


def look_at(file: IO[bytes], filename: str) -> SourceInfo:
    """Return what a file is and its first rows, as short as a page needs them.

    Parameters
    ----------
    file
        A file on disk: another process reads it.
    filename
        What it is called.

    Raises
    ------
    FormatError
        When it is nothing that can be imported, or looking at it takes too much.
    """
    try:
        done = subprocess.run(  # noqa: S603 - this very module; the name is an argument, and no shell sees it
            [sys.executable, "-m", "labeling.formats.preview", filename],
            stdin=file,
            capture_output=True,
            cwd=_ROOT,
            env=_ENVIRONMENT,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(_TOO_LONG.format(nouns=list_nouns())) from None
    if done.returncode == -signal.SIGXCPU:
        raise FormatError(_TOO_LONG.format(nouns=list_nouns()))
    if done.returncode < 0:
        raise FormatError(_BROKEN)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    return understood(json.loads(done.stdout))


def main() -> None:
    """Look at the file that is the input; write what it is, or why it is nothing, as JSON."""
    _limit_this_process()
    try:
        told = describe(sys.stdin.buffer, sys.argv[1])
    except FormatError as error:
        told = {"error": _printable(error.message), "row": error.row}
    except MemoryError:
        told = {"error": _TOO_MUCH, "row": None}
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode())


def _limit_this_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    # It writes nothing but its answer, which goes into a pipe.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def describe(file: BinaryIO, filename: str) -> dict[str, Any]:
    """Return what a file is and its first rows, as JSON can carry it and as short as a page needs it."""
    info = sniff(file, filename, head_only=True)
    shown = info.columns[:SHOWN_COLUMNS]
    problems = list(info.problems)
    for row in info.sample:
        problems += _faults(row)
    short = replace(
        info,
        sample=tuple(Row(row.number, {name: _short(row.values.get(name)) for name in shown}) for row in info.sample),
        problems=tuple(sorted(problems, key=lambda problem: problem.number)),
    )
    told: dict[str, Any] = _printable(asdict(short))
    return told


def _faults(row: Row) -> Iterator[RowProblem]:
    """Yield what could not be stored of a row: it is shown with a sign in its place, and told."""
    for name, value in row.values.items():
        try:
            clean_text(name)
            for text in _texts_in(value):
                clean_text(text)
        except ValueError as error:
            yield RowProblem(row.number, name, f"The value {error}.")


def _texts_in(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            waiting += (*inner.keys(), *inner.values())
        elif isinstance(inner, list | tuple):
            waiting += inner


def _short(value: Any) -> Any:
    """Return a value, or as much of it as is shown."""
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if abs(value) < 2**63 else str(value)[:VALUE_CHARS]
        case str():
            return value[:VALUE_CHARS]
        case bytes():
            return f"{len(value):,} bytes"
        case dict() | list() | tuple():
            try:
                written = json.dumps(value, ensure_ascii=False, default=str)
            except (RecursionError, TypeError, ValueError):
                return "…"
            return json.loads(written) if len(written) <= VALUE_CHARS else written[:VALUE_CHARS]
        case _:
            return str(value)[:VALUE_CHARS]


def _printable(value: Any) -> Any:
    """Return a value without the characters that neither JSON nor a page can carry."""
    match value:
        case str():
            return value.encode(errors="replace").decode().replace("\x00", "\ufffd")
        case dict():
            return {_printable(key): _printable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_printable(inner) for inner in value]
        case _:
            return value


def understood(told: dict[str, Any]) -> SourceInfo:
    """Return what the other process found out."""
    if "error" in told:
        raise FormatError(told["error"], row=told["row"])
    return SourceInfo(
        **told
        | {
            "columns": tuple(dict.fromkeys(told["columns"])),
            "sample": tuple(Row(row["number"], row["values"]) for row in told["sample"]),
            "problems": tuple(RowProblem(**problem) for problem in told["problems"]),
            "notes": tuple(told["notes"]),
        }
    )


if __name__ == "__main__":
    main()
