"""The queue: in which order open tasks are handed out, and why, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
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
            with cursor.copy("COPY labeling_place FROM STDIN") as copy:
                for task_id, priority, reason in batch:
                    copy.write_row((task_id, priority, reason[:MAX_REASON]))
            cursor.execute(_LOCK, [project.pk])
            cursor.execute(_REWRITE, [project.pk])
            changed += cursor.rowcount
            cursor.execute("DROP TABLE labeling_place")
        if after_batch is not None:
            after_batch(start + len(batch))
    return changed
