"""Statements and memory of one piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection


@dataclass(slots=True)
class Statements:
    """How many SQL statements were sent (COPY, BEGIN and COMMIT are not seen)."""

    count: int = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Count one."""
        self.count += 1
        return execute(sql, params, many, context)


@contextmanager
def statements() -> Iterator[Statements]:
    """Count the statements sent meanwhile."""
    counter = Statements()
    with connection.execute_wrapper(counter):
        yield counter


@dataclass(slots=True)
class Memory:
    """By how many megabytes this process grew at most."""

    megabytes: float = 0.0


@contextmanager
def memory() -> Iterator[Memory]:
    """Watch how far this process grows meanwhile (Linux)."""
    grown = Memory()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest mark so far
    before = _status("VmRSS")
    yield grown
    grown.megabytes = max(0.0, (_status("VmHWM") - before) / 1024)


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)
