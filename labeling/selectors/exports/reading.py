"""Read a project's tasks batch by batch, all as of one instant."""

from __future__ import annotations

from collections.abc import Iterator
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

_FIRST = """
SELECT t.id
FROM labeling_task t JOIN labeling_queueentry q ON q.task_id = t.id
WHERE t.project_id = %(project)s AND t.id > %(after)s
  AND q.task_id > %(after)s -- said twice, or a merge join would read the queue from its beginning every time
  AND (%(split)s = 'any' OR t.split = %(split)s)
  AND (%(state)s = 'any' OR q.state = %(state)s)
  AND (%(quarantined)s OR q.state <> 'quarantined')
ORDER BY t.id LIMIT %(limit)s
"""
_CLOSE = 4
"""Tasks lie close together when their ids span at most so many times their number: most were imported together."""


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


@contextmanager
def one_instant() -> Iterator[None]:
    """Let every query within see the database as it is now, however long the reading takes."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tasks in the order they came in: the statement that reads them, and its values."""

    statement: str
    values: dict[str, Any]


def batches(project: Project, filters: Filters, statement: str, **values: Any) -> Iterator[Batch]:
    """Yield the tasks batch by batch, for a statement in which {these} follows the column with a task's id.

    A stretch of an index is read several times as fast as so many single entries of it, as long as there is not much
    else in the stretch.
    """
    listed = statement.replace("{these}", "= ANY(%(ids)s)")
    stretch = statement.replace("{these}", "BETWEEN %(first)s AND %(last)s")
    for ids in _ids(project, filters):
        close = ids[-1] - ids[0] < _CLOSE * len(ids)
        # Even then each task is asked for by its id: not all of the stretch has to fit the filters.
        yield Batch(
            stretch if close else listed,
            {**values, "project": project.pk, "ids": ids, "first": ids[0], "last": ids[-1]},
        )


def _ids(project: Project, filters: Filters) -> Iterator[list[int]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                _FIRST,
                {
                    "project": project.pk,
                    "after": after,
                    "split": filters.split,
                    "state": filters.state,
                    "quarantined": filters.quarantined or filters.state == TaskState.QUARANTINED,
                    "limit": BATCH,
                },
            )
            ids = [pk for (pk,) in cursor.fetchall()]
        if ids:
            yield ids
        if len(ids) < BATCH:
            return
        after = ids[-1]
