"""An adjudicator found that the guideline does not say which answer is right."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.decisions import QUARANTINE, keep_saying
from labeling.reasons.evidence import Evidence

RULE_MISSING = Reason(
    name="rule_missing",
    rank=35,
    turn=Turn.ASKED,
    title="Rule missing",
    meaning="the guideline does not say which answer is right",
    about=About.TASK,
    raised_by=Raiser.ADJUDICATOR,
    evidence=Evidence,
    choices=(keep_saying("The guideline says it now"), QUARANTINE),
    shows_one_answer=True,
    signed=True,
)
