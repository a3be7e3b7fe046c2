"""The gain: how the fixed model did on the test split, run by run, and whether a change can be told."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from labeling.scoring.intervals import Z_95
from quality.selectors import runs as run_reads

if TYPE_CHECKING:
    from labeling.models import Project
    from quality.models import Gain
    from quality.selectors.runs import GainPoint

LEAST_PAIRS = 20
"""Below that a difference tells nothing, whatever its interval says."""

Verdict = Literal["better", "worse", "open"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two runs on the same test items, item by item.

    Parameters
    ----------
    value
        Later minus earlier, in the measure's own unit.
    low, high
        95 % interval of the difference of paired items (normal approximation).
    items
        How many pairs.
    falls
        A lower value is better.
    confirmed
        The labels of all these items are confirmed; by others nothing can be told.
    before
        What the earlier run measured on these items.
    """

    value: float
    low: float
    high: float
    items: int
    falls: bool
    confirmed: bool = True
    before: float = 0.0

    @property
    def after(self) -> float:
        """Return what the later run measured on these items."""
        return self.before + self.value

    @property
    def verdict(self) -> Verdict:
        """Return whether the change is one, or may be chance."""
        if not self.confirmed or self.items < LEAST_PAIRS or self.low <= 0 <= self.high:
            return "open"
        return "better" if (self.value < 0) == self.falls else "worse"


@dataclass(frozen=True, slots=True)
class Story:
    """The gain of a question.

    Parameters
    ----------
    points
        Every run that measured it, oldest first.
    stretches
        The same, split wherever the test labels changed: only runs within one stretch compare.
    log_loss, accuracy
        Between the first and the last run of the last stretch: on the confirmed items where there are enough, else on
        all of them. None when it has one run, or the items are not kept.
    """

    points: list[GainPoint]
    stretches: list[list[GainPoint]]
    log_loss: Difference | None = None
    accuracy: Difference | None = None

    @property
    def first(self) -> Gain:
        """Return what the first comparable run measured."""
        return self.stretches[-1][0].gain

    @property
    def last(self) -> Gain:
        """Return what the last run measured."""
        return self.points[-1].gain

    @property
    def corrections(self) -> int:
        """Return how many labels reviewers changed between the two."""
        return max(0, self.last.corrections - self.first.corrections)

    @property
    def imported(self) -> int:
        """Return how many labels that the last run measured on nobody has confirmed."""
        return self.last.items - (self.last.confirmed or 0)

    @property
    def is_telling(self) -> bool:
        """Return whether enough of these labels are confirmed to tell anything."""
        return tells(self.last)

    @property
    def blind(self) -> int:
        """Return how many points of accuracy may be chance: half the interval of the last run."""
        return round(50 * (self.last.accuracy_high - self.last.accuracy_low))

    @property
    def labels(self) -> int:
        """Return how many more labels the model learned from."""
        return self.last.labels - self.first.labels


def gain_story(project: Project, question: str) -> Story | None:
    """Return the gain of a question, None before any run has measured one."""
    points = run_reads.gains(project, question)
    if not points:
        return None
    stretches: list[list[GainPoint]] = [[points[0]]]
    for _, point in pairwise(points):
        if not point.comparable:
            stretches.append([])
        stretches[-1].append(point)
    first, last = stretches[-1][0].gain, points[-1].gain
    if first.pk == last.pk:
        return Story(points, stretches)
    return Story(
        points,
        stretches,
        log_loss=_difference(first.losses, last.losses, last, dtype="<f4", falls=True),
        accuracy=_difference(first.hits, last.hits, last, dtype="u1", falls=False),
    )


def tells(gain: Gain) -> bool:
    """Return whether enough labels that a run measured on are confirmed to tell anything by them."""
    return (gain.confirmed or 0) >= LEAST_PAIRS


def describe_test_labels(gain: Gain, *, flagged: int | None) -> str:
    """Say what the labels are that a run measured on: 12 confirmed, 88 imported, 9 flagged."""
    if gain.confirmed is None:
        return f"{gain.items:,}, not told how many of them are confirmed"
    return f"{gain.confirmed:,} confirmed, {gain.items - gain.confirmed:,} imported, {flagged or 0:,} flagged"


def _difference(
    before: bytes | memoryview | None, after: bytes | memoryview | None, gain: Gain, *, dtype: str, falls: bool
) -> Difference | None:
    """Compare item by item: far sharper than two intervals side by side, for easy and hard items stay the same."""
    if before is None or after is None or len(before) != len(after) or not len(before):
        return None
    one, other = (np.frombuffer(bytes(part), dtype=dtype).astype(np.float64) for part in (before, after))
    if tells(gain) and gain.sure is not None:
        sure = np.frombuffer(bytes(gain.sure), dtype="u1") > 0
        one, other = one[sure], other[sure]
    changes = other - one
    half = Z_95 * float(changes.std(ddof=1)) / sqrt(changes.size) if changes.size > 1 else float("inf")
    middle = float(changes.mean())
    return Difference(
        value=middle,
        low=middle - half,
        high=middle + half,
        items=changes.size,
        falls=falls,
        confirmed=tells(gain),
        before=float(one.mean()),
    )
