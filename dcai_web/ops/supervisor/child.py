"""One running program: its process, its lines, and when to start it again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping

from dcai_web.ops.supervisor.output import Output
from dcai_web.ops.supervisor.program import Program

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A program that ran this long is well again: the next failure is its first.
WELL_AFTER = 10.0
_CHUNK = 65_536


class Child:
    """A program with a process of its own, in a process group of its own."""

    def __init__(self, program: Program, *, environment: Mapping[str, str], output: Output) -> None:
        self.program = program
        self.failures = 0
        self.exit_code: int | None = None
        self._environment = environment
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._rest = b""
        self._started = 0.0
        self._due: float | None = None

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None

    def start(self) -> None:
        """Start the process."""
        self._pipe, writer = os.pipe()
        os.set_blocking(self._pipe, False)
        self._process = subprocess.Popen(
            self.program.command,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            env=dict(self._environment),
            # Ctrl-C is for the supervisor, which stops its children in order.
            start_new_session=True,
            **self.program.options,
        )
        os.close(writer)
        self._started = time.monotonic()
        self._due = None
        self.exit_code = None

    def fileno(self) -> int:
        """Return the descriptor its lines come from."""
        return self._pipe

    def read(self) -> bool:
        """Pass on what it printed; False once there will be no more."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._pipe, _CHUNK):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    self._pass_on(line)
            return False
        return True

    def reap(self) -> bool:
        """Tell whether the process has just ended, and clear up after it."""
        if self._process is None or (code := self._process.poll()) is None:
            return False
        self.read()
        if self._rest:
            self._pass_on(self._rest)
            self._rest = b""
        # Its own children must not outlive it: they hold its port and its jobs.
        self._signal_group(signal.SIGKILL)
        os.close(self._pipe)
        self._process = None
        self.exit_code = code
        return True

    def plan_restart(self) -> float:
        """Decide when to start again: later after every failure in a row; return the pause in seconds."""
        self.failures = 1 if time.monotonic() - self._started > WELL_AFTER else self.failures + 1
        pause = float(min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (self.failures - 1)))
        self._due = time.monotonic() + pause
        return pause

    @property
    def due(self) -> bool:
        """Whether the pause before a restart is over."""
        return self._due is not None and time.monotonic() >= self._due

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """End it and its children at once."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _pass_on(self, line: bytes) -> None:
        self._output.line(self.name, line.decode("utf-8", "replace").rstrip("\r"), quiet=self.program.quiet)
