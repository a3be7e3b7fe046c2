"""What the supervisor and its children print: prefixed lines on the terminal, rotated files beside the data."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

_COLORS = {"web": 36, "worker": 32, "quality": 35, "postgres": 34, "redis": 31, "demo": 95, "prepare": 94}
_MAX_BYTES = 10 * 1024 * 1024
_BACKUPS = 5


class _Kept(RotatingFileHandler):
    """A log file that says once that it cannot be written, as on a full disk, and once that it can be again."""

    def __init__(self, path: Path, *, trouble: Callable[[str], None]) -> None:
        # Opened with its first line: on a full disk even that fails.
        super().__init__(
            path, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8", errors="replace", delay=True
        )
        self._trouble = trouble
        self._failed = False
        self._failing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self._failed = False
        super().emit(record)
        if self._failed != self._failing:
            self._failing = self._failed
            if not self._failing:
                self._trouble(f"{self.baseFilename} is written again; lines are missing from it.")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's
        """Say what is wrong, with no traceback for every line that is lost."""
        self._failed = True
        if not self._failing:
            self._trouble(f"{self.baseFilename} cannot be written ({sys.exc_info()[1]}); lines are only shown here.")


class Output:
    """Lines of several programs, told apart."""

    def __init__(self, logs: Path, *, stream: TextIO | None = None) -> None:
        self._logs = logs
        self._stream = stream or sys.stdout
        self._color = self._stream.isatty()
        self._files: dict[str, RotatingFileHandler] = {}

    def say(self, text: str) -> None:
        """Print a line of the supervisor's own."""
        self._file("dcai").emit(_record(text))
        self._print(text)

    def show(self, text: str) -> None:
        """Print a line that must not be kept: a password."""
        self._print(text)

    def line(self, name: str, text: str, *, quiet: bool) -> None:
        """Print and keep a line of a child; of a quiet one only keep it."""
        self._file(name).emit(_record(text))
        if quiet:
            return
        prefix = f"{name:<8} | "
        if self._color:
            prefix = f"\033[{_COLORS.get(name, 37)}m{prefix}\033[0m"
        self._print(f"{prefix}{text}")

    def path(self, name: str) -> Path:
        """Return the log file of a program."""
        return self._logs / f"{name}.log"

    def close(self) -> None:
        """Close the log files."""
        for file in self._files.values():
            with contextlib.suppress(OSError):  # what a full disk did not take is lost
                file.close()

    def _print(self, text: str) -> None:
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except OSError:
            # The terminal is gone (closed window, broken pipe): the files still have it all.
            pass

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._logs.mkdir(mode=0o700, exist_ok=True)
            handler = _Kept(self.path(name), trouble=self._print)
            handler.setFormatter(logging.Formatter("%(message)s"))
            self._files[name] = handler
        return self._files[name]


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("dcai", logging.INFO, "", 0, text, None, None)
