"""What the kinds share when several answers become one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Answer = TypeVar("Answer")


def shares(answers: Sequence[object], weights: Sequence[float]) -> list[float]:
    """Return the weights scaled to sum to 1.

    Parameters
    ----------
    answers : sequence
        At least one answer.
    weights : sequence of float
        One finite number of 0 or more per answer; all 0 counts as all equal.

    Returns
    -------
    list of float
    """
    if not answers or len(answers) != len(weights):
        raise ValueError("A consensus needs at least one answer and exactly one weight for each.")
    if any(not math.isfinite(weight) or weight < 0 for weight in weights):
        raise ValueError("A weight must be a finite number of 0 or more.")
    top = max(weights)
    if top == 0:
        return [1 / len(answers)] * len(answers)
    scaled = [weight / top for weight in weights]
    total = math.fsum(scaled)
    return [weight / total for weight in scaled]


def confidence(
    winner: Answer,
    answers: Sequence[Answer],
    parts: Sequence[float],
    distance: Callable[[Answer, Answer], float],
    *,
    rivals: Sequence[Answer] = (),
) -> float:
    """Return how much the answers support the winner, 0 to 1.

    It is 1 minus the mean distance of the answers to the winner. Where another answer would have won just as well (a
    rival), the winner was picked by order alone, so the confidence is at most 1 minus the distance between the two: a
    tie between two different labels has confidence 0, a tie between two nearly equal texts hardly loses any.

    Parameters
    ----------
    winner : answer
        The answer that was chosen.
    answers, parts : sequence
        All answers and their shares of the vote, summing to 1.
    distance : callable
        The kind's distance.
    rivals : sequence
        Answers tied with the winner.

    Returns
    -------
    float
    """
    spread = math.fsum(part * distance(answer, winner) for answer, part in zip(answers, parts, strict=True))
    gap = max((distance(rival, winner) for rival in rivals), default=0.0)
    return min(1.0, max(0.0, 1.0 - max(spread, gap)))


def same(one: float, other: float) -> bool:
    """Return whether two shares of a vote are equal but for rounding."""
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
