"""What was measured, as it travels from the process that measured to the one that writes it down."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sample:
    """Seconds that the same thing took again and again."""

    seconds: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], Any]) -> Any:
        """Do it once more, and return what it returned."""
        began = time.perf_counter()
        result = work()
        self.seconds.append(time.perf_counter() - began)
        return result

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """What 95 of 100 stay below."""
        if len(self.seconds) == 1:
            return self.seconds[0]
        return statistics.quantiles(self.seconds, n=20, method="inclusive")[-1]


@dataclass(slots=True)
class Pair:
    """One measured thing: what we take, what the floor takes, and what else was seen."""

    name: str
    budget: str
    ours: Sample
    floor: Sample
    statements: int = 0
    rows: int = 0
    grown: float = 0.0
    """Megabytes by which the process grew at most."""


@dataclass(slots=True)
class Run:
    """What some annotators did: how long each claim and each submit took, and how many labels came in a second."""

    claims: Sample = field(default_factory=Sample)
    submits: Sample = field(default_factory=Sample)
    pace: float = 0.0


@dataclass(slots=True)
class Pace:
    """The loop of some annotators in both ways."""

    annotators: int
    ours: Run
    floor: Run


@dataclass(slots=True)
class Load:
    """One opening of a page in the browser."""

    seconds: float = 0.0
    kilobytes: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What the browser saw of the label page; `key` is the bare page that writes one word."""

    first: Load
    again: Load
    answer: Sample
    following: Sample
    key: Sample


@dataclass(slots=True)
class Size:
    """Everything measured with one number of tasks."""

    tasks: int
    cores: int = 0
    copies: int = 0
    """Bare copies of the project in the same tables, and imports of it beyond the first."""
    quick: list[Pair] = field(default_factory=list)
    bulk: list[Pair] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)
    seen: Seen | None = None
    peaks: dict[str, float] = field(default_factory=dict)
    """Megabytes that each process had in memory at most."""
    starts: dict[str, float] = field(default_factory=dict)
    """Seconds until each program answers."""
    disk: dict[str, int] = field(default_factory=dict)
    """Bytes of the tables with their indexes."""
