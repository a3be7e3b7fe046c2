"""Processes that an earlier, killed start left behind: found by more than their pid, ended without harm."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import psutil


def clear_stale_postgres(data: Path, *, patience: float = 30) -> None:
    """End a PostgreSQL that still runs in `data`, and remove a pid file that nobody stands behind.

    PostgreSQL refuses to start when the pid in its file is alive, even if after a reboot it is somebody else's.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        file.unlink(missing_ok=True)
        return
    process = _running(pid, needs=str(data))
    if process is None:
        file.unlink(missing_ok=True)
        return
    # SIGINT is PostgreSQL's fast shutdown: transactions are rolled back, the rest is written out.
    end(process, signal.SIGINT, patience=patience)


def end(process: psutil.Process, gently: signal.Signals, *, patience: float) -> None:
    """Ask a process to end, wait, and insist."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(gently)
        try:
            process.wait(patience)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience)


def _running(pid: int, *, needs: str) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and needs in process.cmdline():
            return process
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass
    return None
