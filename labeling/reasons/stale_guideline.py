"""A label is older than the rules for it. Nothing raises it yet; imported histories may hold it."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.decisions import AMBIGUOUS, QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence

STALE_GUIDELINE = Reason(
    name="stale_guideline",
    rank=100,
    title="Labeled under an older guideline",
    meaning="what the guideline says about this label changed since it was given",
    about=About.LABEL,
    raised_by=Raiser.ANSWERS,
    evidence=Evidence,
    choices=(TAKE, keep_saying("Still right"), QUARANTINE, AMBIGUOUS),
    template="labeling/reviews/evidence/like_it.html",
    model_may_suggest=True,
    is_raised=False,
)
