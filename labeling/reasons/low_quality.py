"""An item is too poor to be judged."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence


class LowQualityEvidence(Evidence):
    """What is wrong with the item, in words."""

    problems: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return what is wrong with it."""
        return "; ".join(self.problems).capitalize() + "." if self.problems else "Hard to see or read."

    def brief(self) -> str:
        """Return what is wrong with it."""
        return "; ".join(self.problems)


LOW_QUALITY = Reason(
    name="low_quality",
    rank=80,
    turn=Turn.POOR,
    title="Low-quality item",
    meaning="too dark, blurry, small, empty or short to be judged",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=LowQualityEvidence,
    choices=(TAKE, keep_saying("Good enough"), QUARANTINE),
    counted_as="Low quality",
    criterion="hard to see or read",
    relabels=False,
)
