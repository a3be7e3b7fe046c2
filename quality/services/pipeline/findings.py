"""Findings of a run that is not complete yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from labeling.reasons.registry import load_evidence, reason_named

if TYPE_CHECKING:
    from labeling.reasons.base import Reason
    from labeling.reasons.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """What will be a flag when the run is complete, if the label it speaks of still stands then.

    `label` is -1 when it speaks of no label.
    """

    task: int
    reason: Reason[Evidence]
    score: float
    evidence: Evidence
    label: int = -1
    part: str = ""

    @classmethod
    def load(cls, kept: dict[str, Any]) -> Self:
        """Return what was kept as JSON, by an earlier version too."""
        return cls(
            task=kept["task"],
            reason=reason_named(kept["reason"]),
            score=kept["score"],
            evidence=load_evidence(kept["reason"], kept["evidence"]),
            label=kept["label"],
            part=kept.get("part", ""),
        )

    def dump(self) -> dict[str, Any]:
        """Return it as JSON, to be kept until the run is complete."""
        return {
            "task": self.task,
            "reason": self.reason.name,
            "score": self.score,
            "evidence": self.evidence.dump(),
            "label": self.label,
            "part": self.part,
        }
