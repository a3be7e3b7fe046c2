"""Of three people or more, one alone gave an answer."""

from __future__ import annotations

from typing import Any

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence


class LoneEvidence(Evidence):
    """What was said by one person alone, and how many people answered; the card says who."""

    people: int = 0
    alone: tuple[Any, ...] = ()

    def rests_on(self) -> Any:
        """Return the lone answers: another one, or one person more, is another matter."""
        return {"people": self.people, "alone": list(self.alone)}


LONE_ANSWER = Reason(
    name="lone_answer",
    rank=37,
    turn=Turn.UNCLEAR,
    title="Only one said so",
    meaning="of three people or more, one alone gave an answer",
    about=About.LABEL,
    raised_by=Raiser.ANSWERS,
    evidence=LoneEvidence,
    template="labeling/reviews/evidence/like_it.html",
    keeps_only_a_label=True,
)
