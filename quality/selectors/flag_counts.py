"""How many flags of the pipeline are open, and what became of those that people decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count

from labeling.models import Flag, FlagState, Split, TaskState
from labeling.reasons.decisions import Decision
from labeling.reasons.evidence import GIVEN, SUGGESTED
from labeling.reasons.label_error import LABEL_ERROR
from labeling.scoring.intervals import wilson
from labeling.selectors import reviews as review_reads
from labeling.selectors.reviews import FlagFilter

if TYPE_CHECKING:
    from labeling.models import Project

CHANGED = frozenset({Decision.ACCEPT, Decision.RELABEL})

_PAIRS = """
SELECT evidence ->> %(given)s, evidence ->> %(suggested)s, count(*) FROM labeling_flag f
WHERE project_id = %(project)s AND question = %(question)s AND reason = %(reason)s AND state = %(open)s
  AND NOT EXISTS (SELECT FROM labeling_queueentry q WHERE q.task_id = f.task_id AND q.state = %(quarantined)s)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of flagged labels that a person looked at.

    Parameters
    ----------
    changed, kept
        How many got another label, and how many were right as they were.
    interval
        95 % interval of the share that was changed.
    """

    changed: int
    kept: int
    interval: tuple[float, float]

    @property
    def total(self) -> int:
        """Return how many were decided either way."""
        return self.changed + self.kept

    @property
    def share(self) -> float:
        """Return the share of flags that were right."""
        return self.changed / self.total if self.total else 0.0


def open_by_reason(project: Project, question: str) -> dict[str, int]:
    """Return how many flags of a question wait for a reviewer, by reason."""
    found = review_reads.waiting(project, FlagFilter(question=question)).order_by()
    return dict(found.values_list("reason").annotate(count=Count("pk")))


def open_in_test_split(project: Project, question: str) -> int:
    """Count the open label errors of a question among the items that the gain is measured on."""
    wanted = FlagFilter(reason=LABEL_ERROR.name, question=question, split=Split.TEST)
    return review_reads.waiting(project, wanted).count()


def open_by_pair(project: Project, question: str) -> dict[tuple[str, str], int]:
    """Return how many label errors of a question wait for a reviewer, by given and suggested class."""
    values: dict[str, Any] = {"project": project.pk, "question": question, "reason": LABEL_ERROR.name}
    values |= {"given": GIVEN, "suggested": SUGGESTED, "open": FlagState.OPEN}
    values["quarantined"] = TaskState.QUARANTINED
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, values)
        return {(given or "", suggested or ""): count for given, suggested, count in cursor.fetchall()}


def decided(project: Project, question: str) -> Decided:
    """Return what became of the flagged labels that people decided."""
    found = Flag.objects.filter(
        project=project, question=question, reason=LABEL_ERROR.name, state=FlagState.RESOLVED
    ).order_by()
    counts: dict[str, int] = dict(found.values_list("resolution").annotate(count=Count("pk")))
    changed = sum(count for resolution, count in counts.items() if resolution in CHANGED)
    kept = counts.get(Decision.KEEP, 0)
    return Decided(changed=changed, kept=kept, interval=wilson(changed, changed + kept))
