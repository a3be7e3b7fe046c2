"""A toy reason: what a reason of the product would be, in one object."""

from __future__ import annotations

from dataclasses import replace

from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.decisions import QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence, NearItem


class ShoutingEvidence(Evidence):
    """How loud it is, and what is as loud."""

    loudness: float = 0.0
    as_loud: tuple[int, ...] = ()

    def sentence(self) -> str:
        """Return how loud it is."""
        return f"It shouts ({self.loudness:.0%})."

    def near_items(self) -> tuple[NearItem, ...]:
        """Return what is as loud."""
        return tuple(NearItem(task=task) for task in self.as_loud)


SHOUTING = Reason(
    name="shouting",
    rank=45,
    title="Shouts at the reader",
    meaning="too many capital letters",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=ShoutingEvidence,
    choices=(TAKE, keep_saying("Let it shout"), replace(QUARANTINE, words="Silence it", key="x")),
    template="labeling/reviews/evidence/neighbors.html",
    counted_as="Shouting",
    criterion="louder than the rest",
)
