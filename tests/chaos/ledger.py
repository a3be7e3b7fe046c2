"""What the product has acknowledged: the client's side of the truth."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Save:
    """A save that was acknowledged: what was sent under its key, and what came back."""

    key: str
    person: int
    task: int
    sent: dict[str, Any]
    reply: dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """Everything that was acknowledged, by all clients."""

    saves: dict[str, Save] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    """Every key that was ever sent."""
    refused: set[str] = field(default_factory=set)
    """Keys whose save was refused, which it may be when one person has two tabs."""
    found_again: int = 0
    """Saves whose first acknowledgement was lost: a repetition found them there."""
    replays: int = 0
    moments: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, key: str) -> None:
        """Note that a save is on its way."""
        with self._lock:
            self.begun.add(key)

    def acknowledge(self, save: Save, *, found_again: bool) -> None:
        """Note that a save was acknowledged."""
        with self._lock:
            self.saves[save.key] = save
            self.found_again += found_again
            self.moments.append(time.monotonic())

    def refuse(self, key: str) -> None:
        """Note that a save was refused, with a reason that the client accepts."""
        with self._lock:
            self.refused.add(key)

    def replayed(self) -> None:
        """Count a save that was deliberately sent again."""
        with self._lock:
            self.replays += 1

    def fault(self, words: str) -> None:
        """Note something that must not happen."""
        with self._lock:
            self.faults.append(words)

    def acknowledged_since(self, moment: float) -> bool:
        """Tell whether anything was acknowledged after an instant."""
        with self._lock:
            return bool(self.moments) and self.moments[-1] > moment

    def longest_pause(self, begin: float = 0.0, end: float = float("inf")) -> float:
        """Return the longest time without any acknowledgement of those that touch a span of time."""
        with self._lock:
            moments = sorted(self.moments)
        pauses = (after - before for before, after in itertools.pairwise(moments) if after > begin and before < end)
        return max(pauses, default=0.0)
