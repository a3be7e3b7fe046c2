"""Read a project's tasks batch by batch, all as of one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from labeling.errors import Invalid, Problem
from labeling.models import Split, TaskState
from labeling.selectors.exports import narrowing

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import Project
    from labeling.selectors.explorer import TaskFilter

BATCH = 2_000
ANY = "any"

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
        Whether tasks in quarantine are carried too when no state is asked for.
    wanted
        A filter of the explorer, which holds beside the others; None lets everything through.
    updated_after
        Only tasks that came or changed after this moment (`narrowing.changed_ids` says what counts).
    """

    split: str = ANY
    state: str = ANY
    quarantined: bool = False
    wanted: TaskFilter | None = None
    updated_after: datetime | None = None

    @property
    def with_quarantined(self) -> bool:
        """Whether tasks in quarantine are carried."""
        states = {self.state, self.wanted.state if self.wanted else ""}
        return self.quarantined or TaskState.QUARANTINED in states

    @property
    def narrow(self) -> bool:
        """Whether tasks are left out for more than their split and state."""
        return bool(self.updated_after or (self.wanted and not self.wanted.is_empty))

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
    """Let every query within see the database as it is now, however long the reading takes.

    PostgreSQL takes a segment of tasks of one project for much shorter than it is, as if ids and projects had nothing
    to do with each other, and would look for each of its rows in all the others: joins by hash do not mind.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL enable_nestloop = off")
        yield


@dataclass(frozen=True, slots=True)
class Segment:
    """The conditions by which a statement reads some tasks: those of one batch.

    Parameters
    ----------
    ids
        What holds for the ids of these tasks, to follow a column.
    """

    ids: str

    def has(self, column: str) -> str:
        """Return the condition that a column with the id of a task is of these tasks."""
        return f"{column} {self.ids}"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The conditions on a task t and its queue entry q that the filters let through."""
        return (
            "t.project_id = %(project)s",
            self.has("t.id"),
            self.has("q.task_id"),
            "(%(split)s = 'any' OR t.split = %(split)s)",
            "(%(state)s = 'any' OR q.state = %(state)s)",
            f"(%(quarantined)s OR q.state <> '{TaskState.QUARANTINED}')",
        )


_BETWEEN = Segment("BETWEEN %(first)s AND %(last)s")
_LISTED = Segment("= ANY(%(ids)s)")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tasks in the order they came in: the statement that reads them, and its values."""

    statement: str
    values: dict[str, Any]


def batches(
    project: Project, filters: Filters, statement_of: Callable[[Segment], str], **values: Any
) -> Iterator[Batch]:
    """Yield the tasks batch by batch, not all of which fit the filters.

    A segment of an index is read several times as fast as so many single entries of it, as long as there is not much
    else in it.

    Parameters
    ----------
    statement_of
        Returns the statement that reads the tasks of a segment.
    values
        What the statement binds beside the values of its segment.
    """
    between, listed = statement_of(_BETWEEN), statement_of(_LISTED)
    values |= {
        "split": filters.split,
        "state": filters.state,
        "quarantined": filters.with_quarantined,
        "project": project.pk,
    }
    for ids in _narrowed_ids(project, filters):
        if not filters.narrow and ids[-1] - ids[0] < _CLOSE * len(ids):
            yield Batch(between, values | {"first": ids[0], "last": ids[-1]})
        else:
            yield Batch(listed, values | {"ids": ids})


def _narrowed_ids(project: Project, filters: Filters) -> Iterator[list[int]]:
    """Yield the ids of tasks in batches, without those that the filter of the explorer or the moment leaves out."""
    if filters.wanted is None or filters.wanted.is_empty:
        found = narrowing.all_ids(project, most=BATCH)
    else:
        found = narrowing.filtered_ids(project, filters.wanted, most=BATCH)
    for ids in found:
        kept = narrowing.changed_ids(ids, filters.updated_after) if ids and filters.updated_after else ids
        if kept:
            yield kept
