"""What several people's answers amount to when people differ in skill, and how many people it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from quality.learning.arrays import Doubles, Integers

STEPS = 100
CLOSE = 1e-6
SMOOTHING = 1.0
MOST_PEOPLE = 5
SIMULATED = 20_000


@dataclass(frozen=True, slots=True)
class Skills:
    """A fitted model of who confuses what with what.

    Parameters
    ----------
    posterior
        Shape (n, k): probability of each class for each item.
    shares
        Shape (k,): how frequent each class is.
    confusion
        Shape (m, k, k): probability that a person answers the column when the row is true.
    steps
        How many steps it took.
    """

    posterior: Doubles
    shares: Doubles
    confusion: Doubles
    steps: int

    @property
    def accuracy(self) -> Doubles:
        """Shape (m,): probability that a person's answer is right, over the classes as frequent as they are."""
        return np.asarray((self.confusion.diagonal(axis1=1, axis2=2) * self.shares).sum(axis=1))

    @property
    def consensus(self) -> Integers:
        """Shape (n,): the likeliest class of each item, -1 where two are as likely."""
        ordered = np.sort(self.posterior, axis=1)
        best = self.posterior.argmax(axis=1)
        if ordered.shape[1] == 1:
            return np.asarray(best, dtype=np.int64)
        return np.where(np.isclose(ordered[:, -1], ordered[:, -2], rtol=1e-9, atol=1e-12), -1, best)


def dawid_skene(items: Integers, people: Integers, classes: Integers, *, size: int, crowd: int, width: int) -> Skills:
    """Fit skills and answers to each other by expectation maximization, starting with the votes.

    Parameters
    ----------
    items, people, classes
        Shape (v,): one answer each; positions below `size`, `crowd` and `width`. Every item has an answer.
    size, crowd, width
        How many items, people and classes there are.

    Returns
    -------
    Skills

    References
    ----------
    Dawid and Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm. Counts are
    smoothed by adding 1, so that somebody who was never wrong is not held infallible.
    """
    posterior = np.zeros((size, width))
    np.add.at(posterior, (items, classes), 1.0)
    posterior /= posterior.sum(axis=1, keepdims=True)
    cell, steps = people * width + classes, 0
    for steps in range(1, STEPS + 1):  # noqa: B007 - told to the caller
        shares = posterior.sum(axis=0) + SMOOTHING
        shares /= shares.sum()
        counts = np.full((crowd * width, width), SMOOTHING)
        np.add.at(counts, cell, posterior[items])
        confusion = counts.reshape(crowd, width, width).transpose(0, 2, 1)
        confusion = confusion / confusion.sum(axis=2, keepdims=True)
        told = np.log(confusion)[people, :, classes]
        logs = np.tile(np.log(shares), (size, 1))
        np.add.at(logs, items, told)
        logs -= logs.max(axis=1, keepdims=True)
        newer = np.exp(logs)
        newer /= newer.sum(axis=1, keepdims=True)
        moved, posterior = float(np.abs(newer - posterior).max()), newer
        if moved < CLOSE:
            break
    return Skills(posterior=posterior, shares=shares, confusion=confusion, steps=steps)


@dataclass(frozen=True, slots=True)
class Needed:
    """What the majority of so many people would get right.

    Parameters
    ----------
    people
        How many answer each item.
    right
        Share of the items whose majority is right, in [0, 1], if a tie is decided by chance.
    tied
        Share of the items where the votes are tied: they would need one more person, or a reviewer.
    """

    people: int
    right: float
    tied: float


def people_needed(skills: Skills, *, most: int = MOST_PEOPLE, seed: int = 0) -> list[Needed]:
    """Return what the majority of 1 to `most` people of this crowd would get right, simulated from the fitted skills.

    Parameters
    ----------
    skills
        Fitted to answers that were given.
    most
        Up to how many people; not more than there are.
    seed
        The same seed gives the same numbers.

    Returns
    -------
    list of Needed
    """
    draws = np.random.default_rng(seed)
    crowd, width, _ = skills.confusion.shape
    truth = draws.choice(width, size=SIMULATED, p=skills.shares)
    order = np.argsort(draws.random((SIMULATED, crowd)), axis=1)
    upto = skills.confusion.cumsum(axis=2)
    votes = np.zeros((SIMULATED, width))
    found = []
    for people in range(1, min(most, crowd) + 1):
        person = order[:, people - 1]
        said = (draws.random(SIMULATED)[:, None] > upto[person, truth]).sum(axis=1)
        votes[np.arange(SIMULATED), np.minimum(said, width - 1)] += 1
        winners = votes == votes.max(axis=1, keepdims=True)
        among = winners.sum(axis=1)
        right = winners[np.arange(SIMULATED), truth] / among
        found.append(Needed(people, float(right.mean()), float((among > 1).mean())))
    return found
