"""People beside each other: kappa of every two, how often each gives a label, and agreement without each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quality.scoring.agreement.alpha import Alpha, krippendorff

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quality.learning.arrays import Doubles, Integers
    from quality.scoring.agreement.ratings import Distances, Ratings

ONE_ANSWER = "each of the two gave one and the same answer to all of them."


@dataclass(frozen=True, slots=True)
class PersonPair:
    """Two people on the items that both answered.

    Parameters
    ----------
    one, other
        Positions of the people, `one` the lower.
    shared
        Items that both answered.
    same
        Of these, items with the same answer of both.
    kappa
        Agreement beyond chance, at most 1; None where it is not defined.
    undefined
        Why, in words.
    """

    one: int
    other: int
    shared: int
    same: int
    kappa: float | None
    undefined: str = ""


def kappas(found: Ratings, distances: Distances) -> list[PersonPair]:
    """Return Cohen's kappa of every two people who answered the same items, weighted by the distance of answers.

    Parameters
    ----------
    found
        The answers.
    distances
        How far two of them are apart: nominal gives Cohen's kappa, squared differences give the quadratic one.

    Returns
    -------
    list of PersonPair
        By person.

    References
    ----------
    Cohen (1960), A coefficient of agreement for nominal scales; Cohen (1968), Weighted kappa.
    """
    one, other = found.pairs
    if one.size == 0:
        return []
    width = int(found.people.max()) + 1
    key = found.people[one] * width + found.people[other]
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    first, second = found.values[one[order]], found.values[other[order]]
    apart = distances.between(first, second)
    ends = np.append(starts[1:], key.size)
    pairs = []
    for code, begin, end in zip(keys.tolist(), starts.tolist(), ends.tolist(), strict=True):
        theirs, ours = first[begin:end], second[begin:end]
        expected = _expected(theirs, ours, distances)
        same = int((theirs == ours).sum())
        kappa = None if expected == 0 else 1 - float(apart[begin:end].mean()) / expected
        words = ONE_ANSWER if kappa is None else ""
        pairs.append(PersonPair(code // width, code % width, end - begin, same, kappa, words))
    return pairs


def _expected(one: Integers, other: Integers, distances: Distances) -> float:
    """Return the mean distance of any answer of one person to any of the other."""
    ours, times = np.unique(one, return_counts=True)
    theirs, often = np.unique(other, return_counts=True)
    a, b = np.repeat(ours, theirs.size), np.tile(theirs, ours.size)
    weight = np.repeat(times, theirs.size) * np.tile(often, ours.size)
    return float((distances.between(a, b) * weight).sum() / weight.sum())


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How often a person gives a label, beside the others on the same items.

    Parameters
    ----------
    person, label
        Positions.
    items
        Items of the person that others answered, too.
    said
        Of these, items where the person gave the label.
    others
        Items on which the others would have given it: the sum of their shares.
    both
        Sum, over the items where the person gave it, of the share of the others who did.
    """

    person: int
    label: int
    items: int
    said: int
    others: float
    both: float

    @property
    def bias(self) -> float:
        """How much more often than the others, in items of a hundred."""
        return 100 * (self.said - self.others) / self.items if self.items else 0.0


def label_use(found: Ratings, has: NDArray[np.bool_]) -> list[LabelUse]:
    """Return how often each person gives each label, beside those who answered the same items.

    Parameters
    ----------
    found
        The answers.
    has
        Shape (k, c): which classes each of the different answers has.

    Returns
    -------
    list of LabelUse
        By person and label; people with no items are left out.
    """
    uses = []
    people = np.unique(found.people)
    items = np.bincount(found.people, minlength=int(people.max(initial=-1)) + 1)
    for label in range(has.shape[1]):
        given = has[:, label][found.values].astype(np.float64)
        total = np.bincount(found.items, weights=given, minlength=found.size)[found.items]
        share = (total - given) / (found.sizes[found.items] - 1)
        said = np.bincount(found.people, weights=given, minlength=items.size)
        others = np.bincount(found.people, weights=share, minlength=items.size)
        both = np.bincount(found.people, weights=share * given, minlength=items.size)
        uses += [
            LabelUse(person, label, int(items[person]), int(said[person]), float(others[person]), float(both[person]))
            for person in people.tolist()
        ]
    return sorted(uses, key=lambda use: (use.person, use.label))


def closeness(found: Ratings, distances: Distances, people: int) -> Doubles:
    """Return how near each person is to the others: 1 - mean distance, shape (people,); NaN for who has no items."""
    one, other = found.pairs
    apart = distances.between(found.values[one], found.values[other])
    weight = 1 / (found.sizes[found.items[one]] - 1)
    total, items = np.zeros(people), np.bincount(found.people, minlength=people)
    for person in (found.people[one], found.people[other]):
        total += np.bincount(person, weights=apart * weight, minlength=people)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - total / np.where(items > 0, items, np.nan), dtype=np.float64)


def without_each(found: Ratings, distances: Distances) -> dict[int, Alpha]:
    """Return alpha without the answers of each person, by person; no intervals."""
    return {
        person: krippendorff(found.only(found.people != person), distances, turns=0)
        for person in np.unique(found.people).tolist()
    }


def against_majority(found: Ratings) -> Integers:
    """Tell of each answer whether it is what most of the others gave.

    Where somebody differs from two who agree, the two are no evidence against each other: that is why one other answer
    is not enough, and why what a person does says nothing about the rest.

    Parameters
    ----------
    found
        The answers.

    Returns
    -------
    ndarray of int
        Shape (n,): 1 it is, 0 it is not, -1 there are not two others, or no answer has more than half of them.
    """
    if found.values.size == 0:
        return np.zeros(0, dtype=np.int64)
    others = found.sizes[found.items] - 1
    width = int(found.values.max()) + 1
    keys, at, counts = np.unique(found.items * width + found.values, return_inverse=True, return_counts=True)
    items = keys // width
    order = np.lexsort((-counts, items))
    begins = np.searchsorted(items[order], np.arange(found.size))
    second = np.minimum(begins + 1, order.size - 1)
    has_second = (begins + 1 < order.size) & (items[order][second] == np.arange(found.size))
    most, next_most = counts[order][begins], np.where(has_second, counts[order][second], 0)
    gave_most = order[begins][found.items] == at
    best_other = np.where(gave_most, next_most[found.items], most[found.items])
    told = np.full(found.values.size, -1, dtype=np.int64)
    told[(others > 1) & (2 * best_other > others)] = 0
    told[(others > 1) & (2 * (counts[at] - 1) > others)] = 1
    return told
