"""An item is farther from its neighbors than almost all others are from theirs."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence, NearItem


class OutlierEvidence(Evidence):
    """How far the item is from the ten nearest, and the labeled ones among what is near.

    Parameters
    ----------
    distance : float, optional
        Its mean distance to the ten items nearest to it, near duplicates taken for one; 0 is the same, 1 has nothing
        in common.
    usual : float, optional
        That of the item in the middle of all.
    threshold : float, optional
        Beyond it an item is an outlier.
    neighbors : tuple of NearItem
        The labeled items nearest to it, far as they may be.
    """

    distance: float | None = None
    usual: float | None = None
    threshold: float | None = None
    neighbors: tuple[NearItem, ...] = ()

    def sentence(self) -> str:
        """Return how far it is, how far items usually are, and where outliers begin."""
        if self.distance is None or self.usual is None or self.threshold is None:
            return "Farther from the items nearest to it than most items are."
        return (
            f"The 10 items nearest to it are {self.distance:.2f} away on average; half of all items have them within "
            f"{self.usual:.2f}, and beyond {self.threshold:.2f} an item counts as an outlier."
        )

    def brief(self) -> str:
        """Return how far it is, and where outliers begin."""
        if self.distance is None or self.threshold is None:
            return ""
        return f"{self.distance:.2f} away; outliers from {self.threshold:.2f}"

    def near_items(self) -> tuple[NearItem, ...]:
        """Return the nearest items."""
        return self.neighbors


OUTLIER = Reason(
    name="outlier",
    rank=50,
    turn=Turn.ODD,
    title="Outlier",
    meaning="farther from the items nearest to it than almost all others",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=OutlierEvidence,
    choices=(TAKE, keep_saying("It belongs here"), QUARANTINE),
    template="labeling/reviews/evidence/neighbors.html",
    counted_as="Outliers",
    criterion="far from the items nearest to them",
)
