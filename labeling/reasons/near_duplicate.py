"""The same item, or nearly the same, is there again: one flag for all of its copies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import QUARANTINE, Choice, Decision, keep_saying
from labeling.reasons.evidence import Evidence, NearItem

MOST_MEMBERS = 200
"""Copies that one flag is about: of more there are several flags, and a check that comes later joins what is left."""

_AS_THEY_ARE = frozenset({Decision.KEEP, Decision.AMBIGUOUS})
_STAYED = _AS_THEY_ARE | {Decision.RELABEL, Decision.ONE_SPLIT}


class NearDuplicateEvidence(Evidence):
    """A group of copies. Before version 2 there was a flag on each copy, whose evidence told of the others.

    Parameters
    ----------
    exact, labels_differ, across_splits : bool
        Whether they are the same to the letter, have different labels, and whether some are in the test split and
        some are not.
    copies : tuple of NearItem
        Before version 2: some of the others, with label and split.
    times : int
        Where the copies are not known: how often the item was there, itself included; 0 where the copies tell.
    """

    version: int = 2
    exact: bool = False
    labels_differ: bool = False
    across_splits: bool = False
    copies: tuple[NearItem, ...] = ()
    times: int = 0

    def rests_on(self) -> Any:
        """Return the copies, and whether their labels differ."""
        return [list(self.member_tasks()), self.labels_differ]

    def sentence(self) -> str:
        """Return how often it is there, and what makes that bad."""
        what = "The same item" if self.exact else "Nearly the same item"
        times = self._times()
        told = f"{what} is there {times} times" if times > 2 else f"{what} is there twice"
        if self.labels_differ:
            told += ", and the labels differ"
        if self.across_splits:
            told += f"{' and' if self.labels_differ else ', and'} the test split shares it with others"
        return told + "."

    def brief(self) -> str:
        """Return how often it is there, and what makes that bad."""
        told = [f"{self._times()} copies"]
        told += ["labels differ"] if self.labels_differ else []
        told += ["test split and others"] if self.across_splits else []
        return ", ".join(told)

    def _times(self) -> int:
        return len(self.members) or self.times or len(self.copies) + 1

    def member_tasks(self) -> tuple[int, ...]:
        """Return the copies; before version 2 those that were told of, which are others than the flag's own task."""
        return self.members or tuple(sorted(copy.task for copy in self.copies))

    def among(self, there: Collection[int]) -> Self | None:
        """Return the group of those copies that are there; None where fewer than two are."""
        left = tuple(task for task in self.members if task in there)
        return self.model_copy(update={"members": left}) if len(left) > 1 else None

    def moved_elsewhere(self) -> Self:
        """Return how often the item was there, without the numbers that the copies had."""
        return self.model_copy(update={"members": (), "copies": (), "times": self._times()})

    def is_settled_by(self, earlier: Evidence, resolution: str) -> bool:
        """Return whether a decision about these copies, or more, holds for what they are now.

        What was to stay as it is may stay so. After another decision they may stay as well, but not with labels that
        differ or in splits that share them: that is then new, or was not decided. Copies that came back after one was
        to stay alone are a question again.
        """
        if not isinstance(earlier, NearDuplicateEvidence) or resolution not in _STAYED:
            return False
        kept = resolution in _AS_THEY_ARE
        differ = self.labels_differ and not (kept and earlier.labels_differ)
        shared = self.across_splits and not (kept and earlier.across_splits)
        return not differ and not shared


def _into(split: str, words: str, key: str) -> Choice:
    return Choice(
        decision=Decision.ONE_SPLIT,
        words=f"All into {words}",
        key=key,
        icon="split",
        about="All copies stay, in one split: none is learned from and tested on.",
        split=split,
    )


NEAR_DUPLICATE = Reason(
    name="near_duplicate",
    rank=60,
    turn=Turn.COPIES,
    title="Near duplicate",
    meaning="the same item is there again, perhaps with another label or in the test split",
    about=About.ITEM,
    raised_by=Raiser.CHECK,
    evidence=NearDuplicateEvidence,
    choices=(
        Choice(
            decision=Decision.KEEP_ONE,
            words="Keep one",
            key="q",
            icon="copy",
            about="The copy that is marked stays; the others leave the queue, training and export until they are "
            "restored.",
            at_once="Keep one of each",
        ),
        _into("train", "training", "t"),
        _into("validation", "validation", "v"),
        _into("test", "test", "e"),
        replace(keep_saying("Keep all"), about="All copies stay as they are; nothing is said about their labels."),
        replace(QUARANTINE, words="Quarantine all", key="d"),
    ),
    template="labeling/reviews/evidence/copies.html",
    counted_as="Near duplicates",
    counted_in="groups",
)
