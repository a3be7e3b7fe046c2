"""A person says that somebody should look."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import Evidence

MANUAL = Reason(
    name="manual",
    rank=10,
    turn=Turn.ASKED,
    title="Flagged by a person",
    meaning="with a note of what to look at",
    about=About.TASK,
    raised_by=Raiser.PERSON,
    evidence=Evidence,
    template="labeling/reviews/evidence/like_it.html",
    keep_confirms=True,
    model_may_suggest=True,
    signed=True,
)
