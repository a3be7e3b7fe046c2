"""What people mix up with what, and whether it is the rule or a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quality.scoring.agreement.ratings import Ratings

NEITHER = -1
"""In place of a class: one of the two gave a class, and the other nothing in its place."""

LEAST_ITEMS = 5
ONE_PERSON = 0.8
"""Share of the items from which one person is called the cause; three people who differ by chance have two thirds."""


@dataclass(slots=True)
class Confusion:
    """Two classes that people gave to the same items.

    Parameters
    ----------
    one, other
        Positions of the classes, `one` the lower; `NEITHER` where the other answer has nothing in its place.
    items
        Items on which somebody gave `one` and somebody else `other`.
    said_one, said_other
        On how many of these items each person gave the one or the other, by person.
    """

    one: int
    other: int
    items: int = 0
    said_one: dict[int, int] = field(default_factory=dict)
    said_other: dict[int, int] = field(default_factory=dict)

    @property
    def person(self) -> int | None:
        """The person who stands alone against the others on most of the items, None if it is not one person.

        Who sees it otherwise than everybody else is on the same side on nearly all items, and hardly anybody else is
        on that side.
        """
        if self.items < LEAST_ITEMS:
            return None
        for side, others in ((self.said_one, self.said_other), (self.said_other, self.said_one)):
            if not side or len(set(side) | set(others)) < 3:
                continue  # of two people nobody can tell which
            person = max(sorted(side), key=lambda each: side[each])
            alone = side[person] / self.items
            rest = sum(side.values()) - side[person]
            if alone >= ONE_PERSON and rest <= (1 - ONE_PERSON) * self.items:
                return person
        return None


def confusions(found: Ratings, has: NDArray[np.bool_]) -> list[Confusion]:
    """Return which classes are given to the same items by different people, the most frequent first.

    Of answers with several classes, those count that one has and the other lacks.

    Parameters
    ----------
    found
        The answers.
    has
        Shape (k, c): which classes each of the different answers has.

    Returns
    -------
    list of Confusion
    """
    pairs: dict[tuple[int, int], Confusion] = {}
    counted: dict[tuple[int, int], set[int]] = {}
    one, other = found.pairs
    differ = found.values[one] != found.values[other]
    said: dict[tuple[int, int], set[tuple[int, int, bool]]] = {}
    between: dict[tuple[int, int], list[tuple[int, int]]] = {}
    rows = zip(
        found.items[one[differ]].tolist(), found.people[one[differ]].tolist(), found.people[other[differ]].tolist(),
        found.values[one[differ]].tolist(), found.values[other[differ]].tolist(), strict=True,
    )  # fmt: skip
    for item, person, peer, value, theirs in rows:
        if (value, theirs) not in between:
            between[value, theirs] = _between(has[value], has[theirs])
        for mine, their in between[value, theirs]:
            key = (min(mine, their), max(mine, their)) if NEITHER not in {mine, their} else (max(mine, their), NEITHER)
            counted.setdefault(key, set()).add(item)
            sides = said.setdefault(key, set())
            sides.add((item, person, mine == key[0]))
            sides.add((item, peer, their == key[0]))
    for key, items in counted.items():
        made = pairs[key] = Confusion(*key, items=len(items))
        for _, person, is_one in said[key]:
            side = made.said_one if is_one else made.said_other
            side[person] = side.get(person, 0) + 1
    return sorted(pairs.values(), key=lambda pair: (-pair.items, pair.one, pair.other))


def _between(mine: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the classes that stand against each other in two different answers."""
    only_mine, only_theirs = np.flatnonzero(mine & ~theirs).tolist(), np.flatnonzero(theirs & ~mine).tolist()
    return [(a, b) for a in only_mine or [NEITHER] for b in only_theirs or [NEITHER]]


def only_one_said(found: Ratings, *, least: int = 3) -> NDArray[np.bool_]:
    """Return which answers nobody else gave to their item; shape (v,); items with fewer than `least` have none.

    Of 129 real errors in 1,933 labels, 124 were labels that one of four people gave.
    """
    width = int(found.values.max(initial=-1)) + 1
    _, at, count = np.unique(found.items * width + found.values, return_inverse=True, return_counts=True)
    return np.asarray((count[at] == 1) & (found.sizes[found.items] >= least))
