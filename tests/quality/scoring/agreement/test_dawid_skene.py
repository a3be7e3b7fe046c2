"""What people's answers amount to when people differ in skill, and how many it takes."""

from __future__ import annotations

import numpy as np
import pytest

from quality.learning.arrays import Integers
from quality.scoring.agreement.dawid_skene import Skills, dawid_skene, people_needed
from quality.scoring.agreement.ratings import Ratings
from tests.quality.scoring.agreement.worlds import crowd

SKILLS = np.array([0.9, 0.8, 0.7, 0.55, 0.4])


def fitted(found: Ratings, classes: int = 4) -> Skills:
    return dawid_skene(found.items, found.people, found.values, size=found.size, crowd=SKILLS.size, width=classes)


def majority(found: Ratings, classes: int = 4) -> Integers:
    votes = np.zeros((found.size, classes))
    np.add.at(votes, (found.items, found.values), 1)
    tied = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return np.where(tied, -1, votes.argmax(axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_skills_beat_the_majority_and_every_person_and_are_ranked_rightly(seed: int) -> None:
    truth, found = crowd(SKILLS, items=1_000, answers=5, classes=4, seed=seed)
    told = fitted(found)
    right = float((told.consensus == truth).mean())
    assert right > float((majority(found) == truth).mean())
    assert right > max(float((found.values == truth[found.items])[found.people == each].mean()) for each in range(5))
    assert np.argsort(-told.accuracy).tolist() == [0, 1, 2, 3, 4]
    assert told.accuracy == pytest.approx(SKILLS, abs=0.06)


def test_a_tie_is_no_label() -> None:
    told = dawid_skene(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), size=1, crowd=2, width=2)
    assert told.consensus.tolist() == [-1]
    one_class = dawid_skene(np.array([0, 0]), np.array([0, 1]), np.array([0, 0]), size=1, crowd=2, width=1)
    assert one_class.consensus.tolist() == [0]


def test_probabilities_are_probabilities() -> None:
    _, found = crowd(SKILLS, items=200, answers=2, classes=4, seed=1)
    told = fitted(found)
    assert told.posterior.sum(axis=1) == pytest.approx(np.ones(200))
    assert told.confusion.sum(axis=2) == pytest.approx(np.ones((5, 4)))
    assert told.shares.sum() == pytest.approx(1)


def test_more_people_get_more_right_as_a_crowd_of_that_skill_does() -> None:
    truth, found = crowd(SKILLS, items=3_000, answers=5, classes=4, seed=2)
    told = people_needed(fitted(found))
    assert [need.people for need in told] == [1, 2, 3, 4, 5]
    assert told[0].right == pytest.approx(SKILLS.mean(), abs=0.03)
    assert told[0].tied == 0
    assert told[1].right == pytest.approx(told[0].right, abs=0.01)  # two who differ decide nothing
    votes = majority(found)
    assert told[4].right >= float((votes == truth).mean()) - 0.02
    assert told[4].right <= float(((votes == truth) | (votes == -1)).mean()) + 0.02
    assert told[1].tied > told[2].tied
    assert told[4].right > told[2].right > told[0].right


def test_no_more_people_than_there_are() -> None:
    told = dawid_skene(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), size=1, crowd=2, width=2)
    assert [need.people for need in people_needed(told)] == [1, 2]
