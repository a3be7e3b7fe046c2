"""Read a project's tasks batch by batch, all as of one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from labeling.errors import Invalid, Problem
from labeling.models import Split, TaskState

if TYPE_CHECKING:
    from labeling.models import Project

BATCH = 2_000
ANY = "any"

_TASKS = """
SELECT t.id, t.external_id, t.split, t.data, t.meta, q.state, q.required
FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id
WHERE t.project_id = %(project)s AND t.id > %(after)s
  AND q.task_id > %(after)s -- said twice, or a merge join would read the queue from its beginning every time
  AND (%(split)s = 'any' OR t.split = %(split)s)
  AND (%(state)s = 'any' OR q.state = %(state)s)
  AND (%(quarantined)s OR q.state <> 'quarantined')
ORDER BY t.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tasks an export carries.

    Parameters
    ----------
    split
        `train`, `validation`, `test`, "" for tasks without one, or `any`.
    state
        `todo`, `labeled`, `quarantined`, or `any`.
    quarantined
        Whether tasks in quarantine are carried too when `state` is `any`.
    """

    split: str = ANY
    state: str = ANY
    quarantined: bool = False

    def checked(self) -> Filters:
        """Return these filters, or raise `Invalid`."""
        if self.split != ANY and self.split not in Split.values:
            message = "Expected train, validation, test, nothing (tasks without a split), or any."
            raise Invalid(f"There is no split “{self.split[:40]}”.", problems=(Problem("split", message),))
        if self.state != ANY and self.state not in TaskState.values:
            message = f"Expected {', '.join(TaskState.values)}, or any."
            raise Invalid(f"There is no state “{self.state[:40]}”.", problems=(Problem("state", message),))
        return self


@dataclass(slots=True)
class TaskRow:
    """A task as the database gives it; data and meta are JSON text."""

    pk: int
    external_id: str | None
    split: str
    data: str
    meta: str
    state: str
    required: int


@contextmanager
def one_instant() -> Iterator[None]:
    """Let every query within see the database as it is now, however long the reading takes."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def batches(project: Project, filters: Filters) -> Iterator[list[TaskRow]]:
    """Yield the tasks in the order they came in."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                _TASKS,
                {
                    "project": project.pk,
                    "after": after,
                    "split": filters.split,
                    "state": filters.state,
                    "quarantined": filters.quarantined or filters.state == TaskState.QUARANTINED,
                    "limit": BATCH,
                },
            )
            rows = [TaskRow(*row) for row in cursor.fetchall()]
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = rows[-1].pk


def grouped(sql: str, ids: list[int], read: Callable[..., Any]) -> dict[int, list[Any]]:
    """Return what a query gives per task; its first column is the task."""
    found: dict[int, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, (ids,))
        for task_id, *values in cursor.fetchall():
            found.setdefault(task_id, []).append(read(*values))
    return found
