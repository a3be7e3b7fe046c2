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


def outcome(
    winner: Answer,
    answers: Sequence[Answer],
    parts: Sequence[float],
    distance: Callable[[Answer, Answer], float],
    *,
    rivals: Sequence[Answer] = (),
) -> tuple[Answer, float] | None:
    """Return the winner and how much the answers support it, or None where nothing does: a tie is no answer.

    The confidence is 1 minus the mean distance of the answers to the winner. Where another answer would have won just
    as well (a rival), the winner was picked by order alone, so the confidence is at most 1 minus the distance between
    the two. A tie between answers that have nothing in common (distance 1: two labels, two ends of a scale) thus leaves
    a confidence of 0, as does a winner that shares nothing with any answer: then there is no answer. A tie between two
    nearly equal texts hardly loses any confidence; the project's agreement floor judges what is between.

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
    tuple of answer and float, or None
        The confidence is above 0 and at most 1.
    """
    spread = math.fsum(part * distance(answer, winner) for answer, part in zip(answers, parts, strict=True))
    gap = max((distance(rival, winner) for rival in rivals), default=0.0)
    support = 1.0 - max(spread, gap)
    return None if support <= 0 or tied(support, 0.0) else (winner, min(1.0, support))


def tied(one: float, other: float) -> bool:
    """Return whether two shares of a vote are equal but for rounding."""
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
