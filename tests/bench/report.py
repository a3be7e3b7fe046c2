"""docs/benchmarks.md: one section per benchmark, each with its machine, its command and its date."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FILE = DOCS / "benchmarks.md"
OPERATIONS = DOCS / "operations.md"
_HEAD = """# Benchmarks

Numbers of one machine on one day. What counts is the ratio to the floor beside it: the same work as bare SQL
statements through psycopg (or `COPY`), in the same run, on the same PostgreSQL with `fsync` on. The budgets are those
of the design.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine(database_url: str = "") -> str:
    """Return in one paragraph what it was measured on."""
    load = os.getloadavg()[0]
    return (
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_memory():.0f} GB of memory, {platform.system()} "
        f"{platform.release()}; Python {platform.python_version()}, PostgreSQL {_version(database_url)}. Load average "
        f"when it began: {load:.1f}"
        + (" (the machine was busy with other work: read the ratios only)." if load > 1 else ".")
    )


def _version(database_url: str) -> str:
    if not database_url:
        from dcai_web.ops.engines import place  # noqa: PLC0415 - only where the engines are embedded
        from dcai_web.ops.engines.account import for_postgres  # noqa: PLC0415

        program = place.postgres_programs(for_postgres()) / "postgres"
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "?"


def write(section: str, text: str, *, file: Path = FILE) -> None:
    """Put a section into a file, in place of the one of that name; all others stay as they are."""
    now = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    when = datetime.now(tz=UTC).strftime("%Y-%m-%d")
    made = f"## {section}\n\n{text.strip()}\n\nMeasured on {when}.\n"
    old = re.compile(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    now = old.sub(lambda _: f"{made}\n", now) if old.search(now) else f"{now.rstrip()}\n\n{made}"
    file.write_text(now.rstrip() + "\n", encoding="utf-8")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) / 1024**2
    return 0.0
