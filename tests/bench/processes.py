"""How much memory processes take and took at most (Linux).

`python -m tests.bench.processes PID` prints what a process and all that descend from it have in memory now: `make up`'s
process id says it for the whole site.
"""

from __future__ import annotations

import argparse
import os
import sys
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


@dataclass(frozen=True, slots=True)
class Resident:
    """What a process has in memory, in megabytes.

    Parameters
    ----------
    pss
        Proportional set size: a page that several processes share counts once over all of them. The honest sum.
    rss
        Resident set size: a shared page counts once for each.
    """

    pid: int
    command: str
    pss: float
    rss: float


def resident(pid: int) -> list[Resident]:
    """Return what a process and all that descend from it have in memory now."""
    found = []
    for member in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii").splitlines()
            command = Path(f"/proc/{member}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup[1:]}
        found.append(Resident(member, command.strip(), sizes["Pss"] / MEGABYTE, sizes["Rss"] / MEGABYTE))
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


@dataclass(slots=True)
class Children:
    """What the largest of the processes that descend from another had in memory at most, in megabytes."""

    peak: float = 0.0


@contextmanager
def watched_children(pid: int) -> Iterator[Children]:
    """Look at the processes that descend from another until the block ends; they may live for a moment only."""
    seen, over = Children(), threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            seen.peak = max(seen.peak, *(peak(child) for child in family(pid)[1:]), 0.0)

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


def main() -> None:
    """Print what a process and all that descend from it have in memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pid", type=int)
    members = resident(parser.parse_args().pid)
    total = Resident(0, "all of them", sum(each.pss for each in members), sum(each.rss for each in members))
    for each in (*members, total):
        sys.stdout.write(
            f"{each.pid or '':>8}  PSS {each.pss:5,.0f} MB  RSS {each.rss:5,.0f} MB  {each.command[:90]}\n"
        )


if __name__ == "__main__":
    main()
