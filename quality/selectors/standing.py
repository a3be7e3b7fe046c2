"""What a question still needs before a check makes sense, and what has changed since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from quality.learning.limits import LEAST_PER_CLASS
from quality.selectors import settings

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.models import Run

COUNTED = 10_000

# Counted up to a limit only.
_FRESH = """
SELECT count(*) FROM (
    SELECT FROM labeling_label
    WHERE project_id = %(project)s AND question = %(question)s AND id > %(after)s LIMIT %(most)s
) fresh
"""
_BY_CLASS = """
SELECT class, count(*) FROM labeling_label l
JOIN labeling_task t ON t.id = l.task_id AND t.split <> 'test', unnest(l.classes) AS class
WHERE l.project_id = %(project)s AND l.question = %(question)s AND l.retired_at IS NULL
GROUP BY class ORDER BY count(*) DESC, class
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a question stands.

    Parameters
    ----------
    fresh
        Labels that came after those the last run knew, counted to `COUNTED`.
    to_go
        New labels until the next run starts by itself; None when none does.
    needed
        What has to be labeled before a model can learn anything, in words; empty when nothing is missing.
    """

    fresh: int
    to_go: int | None
    needed: str

    @property
    def due(self) -> bool:
        """Whether enough labels are new for a run to start by itself as soon as nobody labels."""
        return self.to_go == 0


def of(project: Project, question: Question, run: Run | None) -> Standing:
    """Return where a question stands."""
    values: dict[str, Any] = {
        "project": project.pk,
        "question": question.name,
        "after": run.last_label if run else 0,
        "most": COUNTED,
    }
    chosen = settings.of(project)
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, values)
        fresh = int(cursor.fetchone()[0])
        counts: list[tuple[str, int]] = []
        if run is None and question.track:
            cursor.execute(_BY_CLASS, values)
            counts = cursor.fetchall()
    return Standing(
        fresh=fresh,
        to_go=max(0, chosen.after_labels - fresh) if chosen.automatic and question.track else None,
        needed=_needed(counts) if run is None and question.track else "",
    )


def _needed(counts: list[tuple[str, int]]) -> str:
    """Say what is missing until two classes can be learned."""
    ready = [name for name, count in counts if count >= LEAST_PER_CLASS]
    if len(ready) >= 2:
        return ""
    now = ", ".join(f"{name}: {count}" for name, count in counts[:5]) or "none yet"
    missing = sum(LEAST_PER_CLASS - min(LEAST_PER_CLASS, count) for _, count in [*counts[:2], ("", 0), ("", 0)][:2])
    return (
        f"Label at least {LEAST_PER_CLASS} items of each of two classes outside the test split: {missing} more to go "
        f"(labels now: {now}). Likely errors show from some dozens of labels on."
    )
