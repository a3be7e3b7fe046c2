"""How much memory processes took at most (Linux)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024


def peak(pid: int) -> float:
    """Return the megabytes that a process had in memory at most since it began."""
    return _status(pid).get("VmHWM", 0) / MEGABYTE


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children.setdefault(_status(int(entry.name)).get("PPid", 0), []).append(int(entry.name))
    found, new = [], [pid]
    while new:
        found += new
        new = [child for parent in new for child in children.get(parent, [])]
    return found


@dataclass(slots=True)
class Watched:
    """What the processes of PostgreSQL took at most: each for itself, summed, and what they share."""

    private: float = 0.0
    shared: float = 0.0

    @property
    def total(self) -> float:
        """Both."""
        return self.private + self.shared


@contextmanager
def watched(backend: int) -> Iterator[Watched]:
    """Look at all processes of a PostgreSQL, of which one is known, until the block ends."""
    server, seen, over = _status(backend)["PPid"], Watched(), threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            now = [_status(pid) for pid in family(server)]
            seen.private = max(seen.private, sum(status.get("RssAnon", 0) for status in now) / MEGABYTE)
            seen.shared = max(seen.shared, max(status.get("RssShmem", 0) for status in now) / MEGABYTE)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _status(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    parts = (line.partition(":") for line in lines)
    return {name: int(value.split()[0]) for name, _, value in parts if value.split() and value.split()[0].isdigit()}


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
