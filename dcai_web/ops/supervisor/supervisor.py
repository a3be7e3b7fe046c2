"""Keeps children running: passes on what they print, starts again the one that dies, stops all in order."""

from __future__ import annotations

import contextlib
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from dcai_web.ops.supervisor.child import Child
from dcai_web.ops.supervisor.output import Output

TICK = 0.2
# Losing nothing is worth more than a quick end: PostgreSQL gets this long even when all else is forced.
LAST_PATIENCE = 10.0
# Signals that come together are one wish: `make` and the terminal may both pass it on.
SAME_WISH = 1.0


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


class Supervisor:
    """A set of children and the signals that end them."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._asked_at: float | None = None
        # Whether somebody pressed Ctrl-C a second time.
        self.impatient = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop; a second SIGINT as impatience."""
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, child: Child) -> Child:
        """Start a child and keep it running from now on."""
        self._children.append(child)
        self._start(child)
        return child

    def run(self) -> None:
        """Tend the children until somebody asks to stop."""
        while True:
            self.watch_once()

    def run_once(self, child: Child) -> int:
        """Run a child to its end and return its exit code."""
        self._children.append(child)
        self._start(child)
        while child.running:
            self.watch_once()
        self._children.remove(child)
        return child.exit_code or 0

    def wait_for(self, condition: Callable[[], bool], *, seconds: float, every: float = TICK) -> bool:
        """Tend the children until the condition holds; False if it does not in time."""
        until = time.monotonic() + seconds
        while not condition():
            # Lines of the children end a `tend` early: do not ask more often because of them.
            pause = time.monotonic() + every
            while (left := pause - time.monotonic()) > 0:
                self.watch_once(left)
            if time.monotonic() > until:
                return False
        return True

    def watch_once(self, seconds: float = TICK) -> None:
        """Pass on lines, notice ends, start again what is due; raise `Stopped` once asked to stop."""
        self._tend(seconds)
        for child in self._children:
            if child.due:
                self._start(child)
        if self._asked_at is not None:
            raise Stopped

    def restart(self, child: Child) -> None:
        """End a child politely; it comes back at once."""
        child.send(child.program.farewell[0][0])

    def stop(self, *names: str) -> None:
        """Stop the children of these names together: ask, wait, insist."""
        leaving = [child for child in self._children if child.name in names and child.running]
        if not leaving:
            return
        self._output.say(f"Stopping {', '.join(child.name for child in leaving)} ...")
        for child in leaving:
            self._children.remove(child)
        for step in range(max(len(child.program.farewell) for child in leaving)):
            patience = 0.0
            for child in leaving:
                if child.running and step < len(child.program.farewell):
                    number, seconds = child.program.farewell[step]
                    child.send(number)
                    patience = max(patience, seconds)
            self._await_end(leaving, patience)
        for child in leaving:
            if child.running:
                self._output.say(f"{child.name} did not stop: ending it.")
                child.kill()
        self._await_end(leaving, LAST_PATIENCE, hurry=False)

    def _await_end(self, leaving: Iterable[Child], seconds: float, *, hurry: bool = True) -> None:
        until = time.monotonic() + seconds
        children = list(leaving)
        while any(child.running for child in children) and time.monotonic() < until:
            if hurry and self.impatient and not any(child.program.quiet for child in children):
                return
            self._tend(TICK, extra=children)

    def _tend(self, seconds: float, extra: Iterable[Child] = ()) -> None:
        for key, _ in self._selector.select(min(seconds, TICK)):
            child: Child = key.data
            if child.running and not child.read():
                self._selector.unregister(key.fileobj)
        for child in [*self._children, *extra]:
            self._notice_end(child)

    def _notice_end(self, child: Child) -> None:
        if not child.running:
            return
        descriptor = child.fileno()
        if not child.reap():
            return
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)
        if child not in self._children or (child.program.once and child.exit_code == 0):
            return
        if child.program.once:
            self._output.say(f"{child.name} failed ({_how(child.exit_code)}): see {self._output.path(child.name)}")
            return
        pause = child.plan_restart()
        self._output.say(
            f"{child.name} ended ({_how(child.exit_code)}): starting it again in {pause:g} s. "
            f"Its log: {self._output.path(child.name)}"
        )

    def _start(self, child: Child) -> None:
        child.start()
        self._selector.register(child.fileno(), selectors.EVENT_READ, child)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif number == signal.SIGINT and now - self._asked_at > SAME_WISH and not self.impatient:
            self.impatient = True
            self._output.say("Stopping at once.")


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
