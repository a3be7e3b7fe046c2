"""An item is unlike every other one."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.decisions import QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence, NearItem


class OutlierEvidence(Evidence):
    """The labeled items that are nearest, far as they are."""

    neighbors: tuple[NearItem, ...] = ()

    def sentence(self) -> str:
        """Return what is odd about it."""
        return "Unlike all other items."

    def near_items(self) -> tuple[NearItem, ...]:
        """Return the nearest items."""
        return self.neighbors


OUTLIER = Reason(
    name="outlier",
    rank=50,
    title="Outlier",
    meaning="unlike every other item",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=OutlierEvidence,
    choices=(TAKE, keep_saying("It belongs here"), QUARANTINE),
    template="labeling/reviews/evidence/neighbors.html",
    counted_as="Outliers",
    criterion="unlike all other items",
)
