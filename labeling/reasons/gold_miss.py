"""Most people answer a gold task otherwise than gold says: the gold may be wrong."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence


class GoldGiven(BaseModel):
    """An answer to a gold task that is not the gold one, and how many people gave it; who they are is left out."""

    model_config = ConfigDict(frozen=True)

    answer: Any = None
    words: str = ""
    people: int = 0


class GoldMissEvidence(Evidence):
    """How many people answered the task as gold, how many otherwise, and what; `given` is the gold answer."""

    answered: int = 0
    missed: int = 0
    answers: tuple[GoldGiven, ...] = ()

    def sentence(self) -> str:
        """Return how many answered otherwise, and what."""
        if not self.answered:
            return ""
        said = ", ".join(f"{given.people} “{given.words}”" for given in self.answers)
        return f"{self.missed} of {self.answered} people answer otherwise than gold says ({said}): it may be wrong."

    def brief(self) -> str:
        """Return how many answered otherwise, in a few words."""
        return f"{self.missed} of {self.answered} otherwise" if self.answered else ""


GOLD_MISS = Reason(
    name="gold_miss",
    rank=90,
    turn=Turn.DOUBTED,
    title="Gold miss",
    meaning="most people answer a gold task otherwise than gold says",
    about=About.LABEL,
    raised_by=Raiser.ANSWERS,
    evidence=GoldMissEvidence,
    template="labeling/reviews/evidence/like_it.html",
    model_may_suggest=True,
    hides_names=True,
)
