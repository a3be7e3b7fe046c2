"""Labels that reviewers have changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from labeling.models import User

if TYPE_CHECKING:
    from labeling.models import Project

# Of labels that came after the last run's: found along the index by id.
_SINCE = """
SELECT l.task_id, t.external_id, before.value, l.value, l.created_at, l.created_by_id, count(*) OVER ()
FROM labeling_label l
JOIN labeling_task t ON t.id = l.task_id
JOIN LATERAL (
    SELECT e.value FROM labeling_label e
    WHERE e.task_id = l.task_id AND e.question = l.question AND e.id < l.id AND e.source NOT IN ('review', 'bulk')
    ORDER BY e.id DESC LIMIT 1
) before ON before.value <> l.value
WHERE l.project_id = %(project)s AND l.question = %(question)s AND l.source IN ('review', 'bulk')
  AND l.id > %(after)s AND l.retired_at IS NULL
ORDER BY l.id DESC LIMIT %(most)s
"""


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
    values: dict[str, Any] = {"project": project.pk, "question": question, "after": after_label, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, values)
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
