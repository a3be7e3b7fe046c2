"""A model that did not learn from a label is sure of another one."""

from __future__ import annotations

from labeling.reasons.base import About, Raiser, Reason, Turn
from labeling.reasons.evidence import LabelEvidence

_LONGEST = 500
LIKELY = 0.5
"""Nothing at or below this probability is called likely."""


class LabelErrorEvidence(LabelEvidence):
    """What the model says; of several labels also those that are missing and those that are too much."""

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return what is more likely than the given label."""
        parts = [f"missing: {_quoted(self.missing)}"] if self.missing else []
        parts += [f"too much: {_quoted(self.extra)}"] if self.extra else []
        if parts:
            return f"Likely {'; '.join(parts)}"[:_LONGEST] + "."
        if self.suggested is None:
            return "Another label is more probable."
        sure = "" if self.probability is None else f" ({self.probability:.0%})"
        rather = "" if self.given is None else f" rather than “{self.given}”"
        if self.probability is not None and self.probability <= LIKELY:
            return f"The model leans to “{self.suggested}”{sure}{rather}."
        return f"Likely “{self.suggested}”{sure}{rather}."

    def brief(self) -> str:
        """Return how probable the model finds what it suggests, and the label that was given."""
        if self.probability is None:
            return ""
        given = next((share.probability for share in self.distribution if share.name == self.given), None)
        told = f"model: suggested {self.probability:.0%}"
        return told if given is None else f"{told}, given {given:.0%}"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{name}”" for name in names)


LABEL_ERROR = Reason(
    name="label_error",
    rank=40,
    turn=Turn.DOUBTED,
    title="Likely label error",
    meaning="a model that did not learn from this label is sure of another one",
    about=About.LABEL,
    raised_by=Raiser.CHECK,
    evidence=LabelErrorEvidence,
    template="labeling/reviews/evidence/model.html",
)
