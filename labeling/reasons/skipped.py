"""A person could not answer."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import AMBIGUOUS, QUARANTINE, TAKE, keep_saying
from labeling.reasons.evidence import Evidence

SKIPPED = Reason(
    name="skipped",
    rank=20,
    turn=Turn.ASKED,
    title="Skipped",
    meaning='"the guideline does not say", "no label fits", ...',
    about=About.TASK,
    raised_by=Raiser.PERSON,
    evidence=Evidence,
    choices=(TAKE, keep_saying("Leave it in the queue"), QUARANTINE, AMBIGUOUS),
    template="labeling/reviews/evidence/like_it.html",
    shows_one_answer=True,
    falls_when_labeled=True,
)
