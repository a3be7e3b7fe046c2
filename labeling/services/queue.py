"""The queue: in which order open tasks are handed out, and why, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from labeling.models import QueueScore, TaskState

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from labeling.models import Project

BATCH = 1000
"""Entries rewritten per transaction: those are locked together, and claims pass them by meanwhile."""

MAX_REASON = 200

_PLACES = (
    "CREATE TEMPORARY TABLE labeling_place (task_id bigint, priority double precision, reason text) ON COMMIT DROP"
)
_LOCK = """
SELECT q.task_id FROM labeling_queueentry q JOIN labeling_place p ON p.task_id = q.task_id
WHERE q.project_id = %s ORDER BY q.task_id FOR UPDATE OF q
"""
_REWRITE = """
UPDATE labeling_queueentry q SET priority = p.priority, reason = p.reason
FROM labeling_place p
WHERE q.task_id = p.task_id AND q.project_id = %s AND q.open_slots > 0
  AND (q.priority, q.reason) IS DISTINCT FROM (p.priority, p.reason)
"""
# Only of tasks that are still there and open.
_SCORES = """
INSERT INTO labeling_queuescore (task_id, project_id, question, score, reason)
SELECT p.task_id, q.project_id, %(question)s, p.priority, p.reason
FROM labeling_place p JOIN labeling_queueentry q ON q.task_id = p.task_id
WHERE q.project_id = %(project)s AND q.open_slots > 0 AND q.state <> %(quarantined)s
"""


@transaction.atomic
def keep_scores(*, project: Project, question: str, scores: Sequence[tuple[int, float, str]]) -> None:
    """Put a question's scores of open tasks, (task, score, reason in words), in place of those it had."""
    drop_scores(project=project, questions=[question])
    values: dict[str, Any] = {"project": project.pk, "question": question, "quarantined": TaskState.QUARANTINED}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES)
        _copy(cursor, scores)
        cursor.execute(_SCORES, values)
        cursor.execute("DROP TABLE labeling_place")


@transaction.atomic
def drop_scores(*, project: Project, questions: Iterable[str]) -> None:
    """Forget what questions wish; the queue keeps its order until the next one is made."""
    QueueScore.objects.filter(project=project, question__in=list(questions)).delete()


def _copy(cursor: CursorWrapper, rows: Sequence[tuple[int, float, str]]) -> None:
    with cursor.copy("COPY labeling_place FROM STDIN") as copy:
        for task_id, number, reason in rows:
            copy.write_row((task_id, number, reason[:MAX_REASON]))


def reorder(
    *,
    project: Project,
    places: Sequence[tuple[int, float, str]],
    after_batch: Callable[[int], None] | None = None,
) -> int:
    """Give open tasks new places: (task, priority, reason in words), higher priority first; returns how many changed.

    Written in small transactions, so that people who claim tasks meanwhile are not held up: between two of them the
    order is partly the old one, which does no harm. `after_batch` is told how many places are written.
    """
    changed = 0
    ordered = sorted(places)
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PLACES)
            _copy(cursor, batch)
            cursor.execute(_LOCK, [project.pk])
            cursor.execute(_REWRITE, [project.pk])
            changed += cursor.rowcount
            cursor.execute("DROP TABLE labeling_place")
        if after_batch is not None:
            after_batch(start + len(batch))
    return changed
