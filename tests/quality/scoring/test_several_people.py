"""Agreement between people, with and without a model."""

from __future__ import annotations

import numpy as np
import pytest

from labeling.errors import Invalid
from quality.learning.arrays import Integers
from quality.scoring import several_people
from tests.quality.data import probabilities

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Example C of the published computation: four coders, twelve units."""


def votes(lines: tuple[str, ...]) -> tuple[Integers, Integers, Integers]:
    found = [
        (item, person, int(value))
        for person, line in enumerate(lines)
        for item, value in enumerate(line.split())
        if value != "."
    ]
    items, people, classes = np.array(sorted(found), dtype=np.int64).T
    return items, people, classes


def test_alpha_is_the_published_one() -> None:
    items, _, classes = votes(KRIPPENDORFF)
    value, why = several_people.alpha(items, classes)
    assert value == pytest.approx(0.743, abs=0.0005)
    assert why == ""


def test_alpha_is_not_defined_where_there_is_nothing_to_compare() -> None:
    assert several_people.alpha(np.array([0, 1]), np.array([0, 1])) == (None, "no item has two answers.")
    items, _, classes = votes(("1 1 1", "1 1 1"))
    assert several_people.alpha(items, classes) == (None, "all answers are the same class.")


def test_alpha_is_one_for_agreement_and_about_zero_for_chance() -> None:
    items, _, classes = votes(("1 2 3", "1 2 3"))
    assert several_people.alpha(items, classes)[0] == pytest.approx(1)
    generator = np.random.default_rng(0)
    by_chance = several_people.alpha(np.repeat(np.arange(2000), 2), generator.integers(0, 3, 4000))[0]
    assert by_chance == pytest.approx(0, abs=0.05)


def test_each_person_is_compared_with_the_others_alone() -> None:
    items, people, classes = votes(("1 1 2 2 .", "1 1 2 1 1", "1 2 2 3 .", ". . . . ."))
    found = several_people.leave_one_out(items, people, classes)
    # The fourth item has no majority for anyone, the fifth one answer only.
    assert found.answers.tolist() == [4, 4, 4]
    # Item 2: the others of the first person are tied (1 against 2), those of the third both say 1.
    assert found.compared.tolist() == [2, 2, 3]
    assert found.agreed.tolist() == [2, 2, 2]
    assert found.mixed_up.tolist() == [several_people.NONE, several_people.NONE, 1]


def crowd(*, size: int = 300, seed: int = 0) -> tuple[Integers, Integers, Integers, Integers]:
    """Answers of three careful people and one who guesses, two or three per item."""
    generator = np.random.default_rng(seed)
    truth = np.arange(size) % 3
    rows = []
    for item in range(size):
        for person in sorted(generator.choice(4, size=int(generator.integers(2, 4)), replace=False)):
            right = generator.random() < (0.92 if person < 3 else 0.4)
            rows.append((item, person, truth[item] if right else (truth[item] + generator.integers(1, 3)) % 3))
    items, people, classes = np.array(rows, dtype=np.int64).T
    return truth, items, people, classes


def test_people_and_model_together_find_more_than_the_majority() -> None:
    truth, items, people, classes = crowd()
    values = probabilities(np.where(np.arange(300) % 10 == 0, (truth + 1) % 3, truth), classes=3, sure=0.85)
    found = several_people.crowdlab(items, people, classes, values)
    votes_of = np.zeros((300, 3))
    np.add.at(votes_of, (items, classes), 1)
    majority = (votes_of.argmax(axis=1) == truth).mean()
    assert (found.consensus == truth).mean() > majority
    assert (found.consensus == truth).mean() > 0.9
    assert found.people.argmin() == 3
    assert found.quality[found.consensus != truth].mean() < found.quality.mean()
    assert ((found.quality >= 0) & (found.quality <= 1)).all()
    careless = several_people.leave_one_out(items, people, classes)
    assert (careless.agreed / careless.compared).argmin() == 3


def test_too_many_people_and_too_few_answers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, items, people, classes = crowd(size=30)
    values = probabilities(truth, classes=3)
    with pytest.raises(Invalid, match="answers of two people"):
        several_people.crowdlab(np.arange(30), np.zeros(30, dtype=np.int64), truth, values)
    monkeypatch.setattr(several_people, "MAX_CELLS", 100)
    with pytest.raises(Invalid, match="30 tasks that several people answered times 4 people"):
        several_people.crowdlab(items, people, classes, values)
