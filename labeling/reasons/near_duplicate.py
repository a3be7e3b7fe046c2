"""The same item, or nearly the same, is there again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence, NearItem


class NearDuplicateEvidence(Evidence):
    """The copies of an item.

    Parameters
    ----------
    copies : tuple of NearItem
        Some of the others, with label and split.
    times : int
        How often the item is there, itself included; 0 where only the copies tell.
    exact, labels_differ, across_splits : bool
        Whether they are the same to the letter, have different labels, and whether the test split has one of them.
    """

    copies: tuple[NearItem, ...] = ()
    times: int = 0
    exact: bool = False
    labels_differ: bool = False
    across_splits: bool = False

    def rests_on(self) -> Any:
        """Return the copies, and whether their labels differ."""
        return [sorted(copy.task for copy in self.copies), self.labels_differ]

    def sentence(self) -> str:
        """Return how often it is there, and what makes that bad."""
        what = "The same item" if self.exact else "Nearly the same item"
        times = self.times or len(self.copies) + 1
        told = f"{what} is there {times} times" if times > 2 else f"{what} is there twice"
        if self.labels_differ:
            told += ", and the labels differ"
        if self.across_splits:
            told += f"{' and' if self.labels_differ else ', and'} the test split has one of them"
        return told + "."

    def brief(self) -> str:
        """Return how often it is there, and what makes that bad."""
        told = [f"{self.times or len(self.copies) + 1} times"]
        told += ["labels differ"] if self.labels_differ else []
        told += ["also in test"] if self.across_splits else []
        return ", ".join(told)

    def doubts_label(self) -> bool:
        """Return whether one of the copies must have a wrong label."""
        return self.labels_differ

    def near_items(self) -> tuple[NearItem, ...]:
        """Return the copies."""
        return self.copies


NEAR_DUPLICATE = Reason(
    name="near_duplicate",
    rank=60,
    turn=Turn.COPIES,
    title="Near duplicate",
    meaning="the same item is there again, perhaps with another label or in the test split",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=NearDuplicateEvidence,
    choices=(TAKE, keep_saying("Keep both"), replace(QUARANTINE, words="Quarantine this copy")),
    template="labeling/reviews/evidence/copies.html",
    counted_as="Near duplicates",
)
