"""People answered, and disagree."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence


class ConflictEvidence(Evidence):
    """How many people answered, and how far they agree (0 to 1)."""

    people: int = 0
    agreement: float | None = None


CONFLICT = Reason(
    name="conflict",
    rank=30,
    turn=Turn.DISPUTED,
    title="People disagree",
    meaning="agreement stays below the project's floor",
    about=About.LABEL,
    raised_by=Raiser.ANSWERS,
    evidence=ConflictEvidence,
    template="labeling/reviews/evidence/like_it.html",
    keeps_only_a_label=True,
    model_may_suggest=True,
)
