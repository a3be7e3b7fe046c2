"""Two labels are about as likely."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.evidence import LabelEvidence


class AmbiguousEvidence(LabelEvidence):
    """What the model considered."""

    def sentence(self) -> str:
        """Return the two likeliest labels."""
        if len(self.distribution) < 2:
            return "Two labels are about as likely."
        one, other, *_ = self.distribution
        return f"Could well be “{one.name}” or “{other.name}”."


AMBIGUOUS = Reason(
    name="ambiguous",
    rank=70,
    title="Ambiguous",
    meaning="two labels are about as likely",
    about=About.LABEL,
    raised_by=Raiser.CHECK,
    evidence=AmbiguousEvidence,
    template="labeling/reviews/evidence/model.html",
    counted_as="Ambiguous",
    criterion="as likely one class as another",
)
