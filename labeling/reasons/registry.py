"""The reasons there are. Adding one is its module and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.reasons.ambiguous import AMBIGUOUS
from labeling.reasons.base import About, Raiser, Reason
from labeling.reasons.conflict import CONFLICT
from labeling.reasons.evidence import Evidence
from labeling.reasons.gold_miss import GOLD_MISS
from labeling.reasons.label_error import LABEL_ERROR
from labeling.reasons.lone_answer import LONE_ANSWER
from labeling.reasons.low_quality import LOW_QUALITY
from labeling.reasons.manual import MANUAL
from labeling.reasons.near_duplicate import NEAR_DUPLICATE
from labeling.reasons.outlier import OUTLIER
from labeling.reasons.rule_missing import RULE_MISSING
from labeling.reasons.skipped import SKIPPED
from labeling.reasons.stale_guideline import STALE_GUIDELINE

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL: tuple[Reason[Evidence], ...] = (
    MANUAL,
    SKIPPED,
    CONFLICT,
    RULE_MISSING,
    LONE_ANSWER,
    LABEL_ERROR,
    OUTLIER,
    NEAR_DUPLICATE,
    AMBIGUOUS,
    LOW_QUALITY,
    GOLD_MISS,
    STALE_GUIDELINE,
)

REASONS: dict[str, Reason[Evidence]] = {reason.name: reason for reason in _ALL}
"""By the stored word."""


def reason_named(name: str) -> Reason[Evidence]:
    """Return the reason of a stored word. One that is not known, of a later version or taken out, has plain words."""
    return REASONS.get(name) or Reason(
        name=name,
        rank=max(reason.rank for reason in REASONS.values()) + 1,
        title=name.replace("_", " ").capitalize() or "Flagged",
        meaning="raised by a version that knows this reason",
        about=About.TASK,
        raised_by=Raiser.PERSON,
        evidence=Evidence,
        is_raised=False,
    )


def offered_reasons(*, also: Iterable[str] = ()) -> list[Reason[Evidence]]:
    """Return the reasons to choose from, in their order: those that something raises, and those asked for anyhow."""
    asked = set(also)
    found = [reason for reason in REASONS.values() if reason.is_raised or reason.name in asked]
    return sorted(found, key=lambda reason: reason.rank)


def checked_reasons(about: About) -> list[Reason[Evidence]]:
    """Return what the check looks for in labels or in items, in order."""
    found = [reason for reason in offered_reasons() if reason.raised_by is Raiser.CHECK]
    return [reason for reason in found if reason.about is about]


def load_evidence(reason: str, stored: object) -> Evidence:
    """Return what a flag of a reason rests on, whatever version wrote it."""
    return reason_named(reason).evidence.load(stored)
