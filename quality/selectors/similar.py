"""Tasks like another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from labeling.models import AnnotationState, Task, TaskState
from quality.models import EmbeddingSet

if TYPE_CHECKING:
    from labeling.models import Project

MOST = 200

# All vectors of the set are compared: 94 ms for the 200,000 that a run looks at at most (docs/adr/0011).
_SIMILAR = f"""
SELECT other.task_id, other.vector <=> mine.vector AS distance
FROM quality_embedding other,
     (SELECT vector FROM quality_embedding WHERE set_id = %(set)s AND task_id = %(task)s) mine
WHERE other.set_id = %(set)s AND other.task_id <> %(task)s AND l2_norm(other.vector) > 0
  AND l2_norm(mine.vector) > 0
  AND (%(person)s::bigint IS NULL OR EXISTS (
      SELECT FROM labeling_queueentry q
      WHERE q.task_id = other.task_id AND q.open_slots > 0 AND q.state <> '{TaskState.QUARANTINED}'
        AND NOT EXISTS (
            SELECT FROM labeling_annotation a
            WHERE a.task_id = q.task_id AND a.annotator_id = %(person)s AND a.state <> '{AnnotationState.DRAFT}'
        )
  ))
ORDER BY distance, other.task_id LIMIT %(most)s
"""  # noqa: S608 - only names of states are put in


@dataclass(frozen=True, slots=True)
class Similar:
    """A task and its cosine distance, 0 (the same) to 2."""

    task_id: int
    distance: float


def similar_tasks(task: Task, field: str, *, most: int = 20, open_to: int | None = None) -> list[Similar]:
    """Return the tasks whose field is most like this task's, nearest first; none before the first run.

    `open_to`: the id of a person, for only those that this person could still answer.
    """
    newest = EmbeddingSet.objects.filter(project_id=task.project_id, field=field).order_by("-pk").first()
    if newest is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, {"set": newest.pk, "task": task.pk, "most": min(most, MOST), "person": open_to})
        return [Similar(task_id=row[0], distance=max(0.0, float(row[1]))) for row in cursor.fetchall()]


def nearest(project: Project, task_id: int, most: int, open_to: int | None = None) -> list[int]:
    """Return the ids of the tasks most like one, by the first field that has vectors."""
    sets = EmbeddingSet.objects.filter(project=project).order_by("field", "-pk").distinct("field")
    task = Task.objects.filter(project=project, pk=task_id).first()
    if task is None:
        return []
    for known in sets:
        if found := similar_tasks(task, known.field, most=most, open_to=open_to):
            return [each.task_id for each in found]
    return []


_KNOWN = """
SELECT EXISTS (
    SELECT FROM quality_embedding e JOIN quality_embeddingset s ON s.id = e.set_id AND s.project_id = %s
    WHERE e.task_id = %s AND l2_norm(e.vector) > 0
)
"""


def known(project: Project, task_id: int) -> bool:
    """Return whether a task has a vector that says anything."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [project.pk, task_id])
        return bool(cursor.fetchone()[0])
