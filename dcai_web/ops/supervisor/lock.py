"""One supervisor per data directory, and the end of what a killed one left running."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import psutil

# Every child carries it in its environment: that, not a pid that may be somebody else's by now, tells it is ours.
MARK = "DCAI_RUN"


class AlreadyRunning(Exception):
    """Another supervisor runs on this data directory."""


@contextlib.contextmanager
def hold(run_dir: Path, *, address: str) -> Iterator[str]:
    """Hold the data directory; yield the mark for the children of this run."""
    path = run_dir / "up.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(file)
            message = (
                f"dcai already runs on {run_dir.parent} (pid {holder.get('pid', '?')}, {holder.get('address', '?')}). "
                "Stop it first, or set DCAI_DATA_DIR (and DCAI_PORT) to start another one."
            )
            raise AlreadyRunning(message) from error
        end_leftovers(_read(file).get("mark", ""))
        mark = secrets.token_hex(16)
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "address": address, "mark": mark}, file)
        file.flush()
        yield mark


def end_leftovers(mark: str, *, patience: float = 10) -> list[int]:
    """End the processes of an earlier run whose supervisor was killed; return their pids."""
    if not mark:
        return []
    found = [process for process in psutil.process_iter() if _carries(process, mark)]
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=patience)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=patience)
    return [process.pid for process in found]


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.pid != os.getpid() and process.environ().get(MARK) == mark)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
        return False


def _read(file: TextIO) -> dict[str, str]:
    file.seek(0)
    try:
        content = json.load(file)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
