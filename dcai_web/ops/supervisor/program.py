"""What is to be run: a command line and how to end it."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import Any

# Ask to end, and insist after so many seconds.
POLITE: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 15),)


@dataclass(frozen=True, slots=True)
class Program:
    """One program to keep running."""

    name: str
    command: list[str]
    options: dict[str, Any] = field(default_factory=dict)
    # Signals to send, each with the seconds to wait before the next one; SIGKILL is the last.
    farewell: tuple[tuple[signal.Signals, float], ...] = POLITE
    # What it prints goes to its log file only.
    quiet: bool = False
    # It is meant to end: not started again if it does so with exit code 0.
    once: bool = False
