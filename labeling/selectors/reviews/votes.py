"""What people answered about an item, and who agrees with whom in words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from labeling.selectors.explorer import Chip

LONGEST_VOTE = 60
MOST_VOTERS = 4
"""People who are named for an answer; of more, how many."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one person answered, and the last thing that they remarked about the item."""

    who: str
    chips: list[Chip]
    at: datetime
    remark: str = ""

    @property
    def answer(self) -> str:
        """The answer in words."""
        return ", ".join(chip.title for chip in self.chips)[:LONGEST_VOTE] or "no label"


def votes_in_words(people: Sequence[Said]) -> str:
    """Return who gave which answer: `2 of 3 say “neutral”: ann, bob; 1 “rude”: cy.`."""
    voters: defaultdict[str, list[str]] = defaultdict(list)
    for one in people:
        voters[one.answer].append(one.who)
    (first, most), *others = sorted(voters.items(), key=lambda vote: -len(vote[1]))
    tied = bool(others) and len(others[0][1]) == len(most)
    head = f"{len(most)}" if tied else f"{len(most)} of {len(people)} say"
    votes = [f"{head} “{first}”: {_named(most)}"]
    return "; ".join(votes + [f"{len(who)} “{answer}”: {_named(who)}" for answer, who in others]) + "."


def _named(people: Sequence[str]) -> str:
    more = len(people) - MOST_VOTERS
    return ", ".join(people[:MOST_VOTERS]) + (f" and {more} more" if more > 0 else "")
