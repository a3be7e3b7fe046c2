"""Two labels are about as probable."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import LabelEvidence


class AmbiguousEvidence(LabelEvidence):
    """What the model considered."""

    def sentence(self) -> str:
        """Return the two most probable labels."""
        if len(self.distribution) < 2:
            return "Two labels are about as probable."
        one, other, *_ = self.distribution
        return f"Could well be “{one.name}” or “{other.name}”."

    def brief(self) -> str:
        """Return the two labels with their probabilities."""
        shares = ", ".join(f"“{share.name}” {share.probability:.0%}" for share in self.distribution[:2])
        return f"model: {shares}" if shares else ""


AMBIGUOUS = Reason(
    name="ambiguous",
    rank=70,
    turn=Turn.UNCLEAR,
    title="Ambiguous",
    meaning="two labels are about as probable",
    about=About.LABEL,
    raised_by=Raiser.CHECK,
    evidence=AmbiguousEvidence,
    template="labeling/reviews/evidence/model.html",
    counted_as="Ambiguous",
    criterion="one class about as probable as another",
)
