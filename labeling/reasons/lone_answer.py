"""Of three people or more, one alone gave an answer."""

from __future__ import annotations

from typing import Any

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence


class LoneEvidence(Evidence):
    """What was said by one person alone, in words and as stored, and how many people answered."""

    people: int = 0
    alone: tuple[Any, ...] = ()
    words: tuple[str, ...] = ()

    def rests_on(self) -> Any:
        """Return the lone answers: another one, or one person more, is another matter."""
        return {"people": self.people, "alone": list(self.alone)}

    def sentence(self) -> str:
        """Return what one person alone said."""
        said = " and another ".join(f"“{words}”" for words in self.words)
        return f"Of {self.people} people one alone said {said}." if said else ""

    def brief(self) -> str:
        """Return what one person alone said, in a few words."""
        return f"one of {self.people}: {', '.join(self.words)}" if self.words else ""


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
