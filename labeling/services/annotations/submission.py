"""What a person sends when saving, and what they get back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import Invalid, Problem
from labeling.kinds.schema import parse_answers
from labeling.models import AnnotationState, SkipReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from labeling.kinds.schema import Schema

MAX_KEY = 64
MAX_COMMENT = 10_000
MAX_LEAD_TIME_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person sends: answers, and how they came about."""

    answers: Mapping[str, Any]
    state: AnnotationState = AnnotationState.SUBMITTED
    version: int = 0
    lead_time_ms: int = 0
    skip_reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A save, as it was acknowledged; a retry of the same save gets the same."""

    annotation_id: int
    task_id: int
    state: str
    version: int
    answers: dict[str, Any]
    updated_at: datetime
    counted: bool
    guideline_version: int
    is_gold: bool = False
    replayed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the reply to the one who saved, which looks the same for gold as for any other task."""
        return {
            "id": self.annotation_id,
            "task": self.task_id,
            "state": self.state,
            "version": self.version,
            "answers": self.answers,
            "updated_at": self.updated_at,
            "counted": self.counted or (self.is_gold and self.state == AnnotationState.SUBMITTED),
            "guideline_version": self.guideline_version,
        }


def check(submission: Submission, key: str) -> None:
    """Refuse what no save can have, whatever the task and its schema are."""
    problems = []
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        problems.append(Problem("Idempotency-Key", f"Expected 1 to {MAX_KEY} printable characters, such as a UUID."))
    if not 0 <= submission.lead_time_ms <= MAX_LEAD_TIME_MS:
        problems.append(Problem("lead_time_ms", f"Expected 0 to {MAX_LEAD_TIME_MS} milliseconds."))
    if submission.skip_reason and submission.skip_reason not in SkipReason.values:
        problems.append(Problem("skip_reason", f"Expected one of {', '.join(SkipReason.values)}."))
    if len(submission.comment) > MAX_COMMENT or "\x00" in submission.comment:
        problems.append(Problem("comment", f"Expected at most {MAX_COMMENT} characters, and no NUL characters."))
    if problems:
        message = "The answer could not be saved: " + problems[0].message
        raise Invalid(message, problems=problems)


def parsed_answers(submission: Submission, schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to an item as they are stored; only those of a submission must be complete."""
    if submission.state == AnnotationState.SKIPPED and not submission.answers:
        return {}
    complete = submission.state == AnnotationState.SUBMITTED
    return parse_answers(submission.answers, schema, complete=complete, data=data)
