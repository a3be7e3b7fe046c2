"""The folder in which the web processes of one server count.

Each process writes a file of its own there, through memory; whichever is asked adds them up. A process that died is
counted on: a counter never goes back while its server runs. Every run of a server has a folder of its own, so that what
earlier runs left is known, and removed.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

# Where prometheus-client looks when it is loaded.
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Of another machine or container it cannot be known whether it lives.
_FORGOTTEN_AFTER_SECONDS = 7 * 24 * 3600


def begin(home: Path) -> None:
    """Count into the folder of this run, and remove those of runs that are over."""
    server = os.getppid()
    mine = home / f"{socket.gethostname()}.{server}.{_started(server)}"
    mine.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[_VARIABLE] = str(mine)
    for folder in home.iterdir():
        if folder != mine and _is_over(folder):
            # The other processes of this server clear up as well.
            shutil.rmtree(folder, ignore_errors=True)


def folder() -> Path | None:
    """Return the folder of this run; None where a process counts by itself."""
    name = os.environ.get(_VARIABLE)
    return Path(name) if name else None


def _is_over(other: Path) -> bool:
    host, pid, started = other.name.rsplit(".", 2)
    if host == socket.gethostname():
        return not started or _started(int(pid)) != started
    newest = max((file.stat().st_mtime for file in (other, *other.glob("*"))), default=0.0)
    return time.time() - newest > _FORGOTTEN_AFTER_SECONDS


def _started(pid: int) -> str:
    """Return what tells two processes of one number apart; nothing for one that is gone, or where nothing tells it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # In ticks since the machine started; the name before it may hold anything but this parenthesis last.
    return status.rpartition(")")[2].split()[19]
