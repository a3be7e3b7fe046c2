"""Answers to measure agreement on: published examples, and people of known skill."""

from __future__ import annotations

import numpy as np

from quality.learning.arrays import Doubles, Integers
from quality.scoring.agreement.ratings import Ratings, ratings

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Example C of the published computation of alpha: four coders, twelve units."""

FLEISS = (
    "0 0 0 6 0", "0 3 0 0 3", "0 1 4 0 1", "0 0 0 0 6", "0 3 0 3 0", "2 0 4 0 0", "0 0 4 0 2", "2 0 3 1 0", "2 0 0 4 0",
    "0 0 0 0 6", "1 0 0 5 0", "1 1 0 4 0", "0 3 3 0 0", "1 0 0 5 0", "0 2 0 3 1", "0 0 5 0 1", "3 0 0 1 2", "5 1 0 0 0",
    "0 2 0 4 0", "1 0 2 0 3", "0 0 0 0 6", "0 1 0 5 0", "0 2 0 1 3", "2 0 0 4 0", "1 0 0 4 1", "0 5 0 1 0", "4 0 0 0 2",
    "0 2 0 4 0", "1 0 5 0 0", "0 0 0 0 6",
)  # fmt: skip
"""Thirty patients, six psychiatrists, five diagnoses: how many gave each (Fleiss 1971)."""


def by_coder(lines: tuple[str, ...]) -> Ratings:
    """Return the answers of a table with a line for each person, `.` for none; the value 1 is position 0."""
    found = [
        (item, person, int(value) - 1)
        for person, line in enumerate(lines)
        for item, value in enumerate(line.split())
        if value != "."
    ]
    return ratings(*np.array(found, dtype=np.int64).T)


def by_counts(lines: tuple[str, ...]) -> Ratings:
    """Return the answers of a table with a line for each item: how many people gave each class."""
    found = [
        (item, person, value)
        for item, line in enumerate(lines)
        for person, value in enumerate(np.repeat(np.arange(len(line.split())), [int(n) for n in line.split()]).tolist())
    ]
    return ratings(*np.array(found, dtype=np.int64).T)


def drawn(*, items: int, people: int, classes: int, share: float = 1.0, seed: int = 0) -> Ratings:
    """Return answers by chance, of a share of the people to each item."""
    draws = np.random.default_rng(seed)
    item, person = np.nonzero(draws.random((items, people)) < share)
    return ratings(item, person, draws.integers(0, classes, item.size))


def crowd(skills: Doubles, *, items: int, answers: int, classes: int, seed: int) -> tuple[Integers, Ratings]:
    """Return the truth, and answers of people who are right with the probability that is their skill."""
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, classes, items)
    people = np.argsort(draws.random((items, skills.size)), axis=1)[:, :answers]
    right = draws.random((items, answers)) < skills[people]
    wrong = (truth[:, None] + draws.integers(1, classes, (items, answers))) % classes
    given = np.where(right, truth[:, None], wrong)
    return truth, ratings(np.repeat(np.arange(items), answers), people.ravel(), given.ravel())
