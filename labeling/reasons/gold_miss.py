"""An answer differs from one that is known to be right. Nothing raises it yet; imported histories may hold it."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence

GOLD_MISS = Reason(
    name="gold_miss",
    rank=90,
    turn=Turn.DOUBTED,
    title="Gold miss",
    meaning="an answer differs from one that is known to be right",
    about=About.LABEL,
    raised_by=Raiser.ANSWERS,
    evidence=Evidence,
    template="labeling/reviews/evidence/like_it.html",
    model_may_suggest=True,
    is_raised=False,
)
