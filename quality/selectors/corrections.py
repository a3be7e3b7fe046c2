"""Labels that reviewers have changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.models import LabelSource, User

if TYPE_CHECKING:
    from labeling.models import Project

REVIEWERS = (LabelSource.REVIEW, LabelSource.BULK)
"""Sources of labels that a reviewer gave."""

# Labels that stand as a reviewer changed them: the newest one before that no reviewer gave was another. The subquery is
# looked up per label along the index by task, and the labels themselves along the one by id.
_CORRECTED = """
FROM labeling_label l
JOIN LATERAL (
    SELECT e.value FROM labeling_label e
    WHERE e.task_id = l.task_id AND e.question = l.question AND e.id < l.id AND e.source <> ALL(%(reviewers)s)
    ORDER BY e.id DESC LIMIT 1
) before ON before.value <> l.value
JOIN labeling_task t ON t.id = l.task_id
WHERE l.project_id = %(project)s AND l.question = %(question)s AND l.source = ANY(%(reviewers)s)
  AND l.retired_at IS NULL
"""
_SINCE = f"""
SELECT l.task_id, t.external_id, before.value, l.value, l.created_at, l.created_by_id, count(*) OVER ()
{_CORRECTED} AND l.id > %(after)s
ORDER BY l.id DESC LIMIT %(most)s
"""
_COUNT = f"SELECT count(*) {_CORRECTED} AND l.id <= %(up_to)s"


@dataclass(frozen=True, slots=True)
class Correction:
    """A label that a reviewer put in the place of another."""

    task_id: int
    name: str
    before: Any
    after: Any
    at: datetime
    by: User | None


@dataclass(frozen=True, slots=True)
class Corrections:
    """The newest corrections, and how many there are in all."""

    newest: list[Correction]
    total: int


def since(project: Project, question: str, *, after_label: int, most: int = 8) -> Corrections:
    """Return the corrections that came after a label and still stand, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, _values(project, question, after=after_label, most=most))
        rows = cursor.fetchall()
    people = User.objects.in_bulk({row[5] for row in rows if row[5]})
    return Corrections(
        newest=[
            Correction(
                task_id=task,
                name=external_id or f"task {task}",
                before=json.loads(before),
                after=json.loads(after),
                at=at,
                by=people.get(by),
            )
            for task, external_id, before, after, at, by, _ in rows
        ],
        total=rows[0][6] if rows else 0,
    )


def count_corrections(project: Project, question: str, *, up_to_label: int) -> int:
    """Return how many labels stand as reviewers changed them; what was taken back does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _values(project, question, up_to=up_to_label))
        return int(cursor.fetchone()[0])


def _values(project: Project, question: str, **more: int) -> dict[str, Any]:
    return {"project": project.pk, "question": question, "reviewers": [str(source) for source in REVIEWERS], **more}
