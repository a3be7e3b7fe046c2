"""Flags to filter tasks by whether they wait or were decided: of a reason, and of a question and labels if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.db.models import Q

from labeling.models import FlagState
from labeling.reasons.evidence import GIVEN, SUGGESTED
from labeling.reasons.registry import REASONS, reason_named

FLAGGED = "flagged:"
MAX_FLAGGED = 700


@dataclass(frozen=True, slots=True)
class Flagged:
    """Which flags: empty parts ask for nothing. As a word of a filter: `flagged:label_error:intent:billing:other`."""

    reason: str
    question: str = ""
    given: str = ""
    suggested: str = ""

    def __str__(self) -> str:
        """Return the word; colons in names are quoted."""
        parts = (self.reason, self.question, self.given, self.suggested)
        return FLAGGED + ":".join(quote(part, safe=" ") for part in parts).rstrip(":")

    @property
    def words(self) -> str:
        """The condition in words."""
        about = [self.question] if self.question else []
        about += [f"given {self.given}"] if self.given else []
        about += [f"suggested {self.suggested}"] if self.suggested else []
        told = f" ({', '.join(about)})" if about else ""
        return f"flag, open or decided: {reason_named(self.reason).title.lower()}{told}"

    def condition(self) -> Q:
        """Return the condition of such flags."""
        found = Q(state__in=(FlagState.OPEN, FlagState.RESOLVED), reason=self.reason)
        if self.question:
            found &= Q(question=self.question)
        for key, name in ((GIVEN, self.given), (SUGGESTED, self.suggested)):
            if name:
                found &= Q(evidence__contains={key: name}) | Q(evidence__contains={key: [name]})
        return found


def flagged_named(word: str) -> Flagged | None:
    """Return the flags that a word of a filter stands for, if it is one."""
    if not word.startswith(FLAGGED) or len(word) > MAX_FLAGGED or "\x00" in unquote(word):
        return None
    parts = [unquote(part) for part in word.removeprefix(FLAGGED).split(":")]
    return Flagged(*parts) if parts[0] in REASONS and len(parts) <= 4 else None
