"""Which tasks an export carries, batch by batch: every statement reads no more than the tasks of one batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from labeling.selectors import explorer as explorer_reads
from labeling.selectors.explorer.pages import read_soon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from labeling.models import Project
    from labeling.selectors.explorer import Matches, TaskFilter

_NEXT = """
SELECT array_agg(id) FROM (
    SELECT id FROM labeling_task WHERE project_id = %(project)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
) next
"""
_CHANGED = """
SELECT coalesce(array_agg(t.id ORDER BY t.id), '{}') FROM labeling_task t
WHERE t.id = ANY(%(ids)s) AND (
    t.created_at > %(moment)s OR t.changed_at > %(moment)s
    OR t.id IN (SELECT l.task_id FROM labeling_label l WHERE l.task_id = ANY(%(ids)s)
                AND (l.created_at > %(moment)s OR l.retired_at > %(moment)s))
    OR t.id IN (SELECT a.task_id FROM labeling_annotation a WHERE a.task_id = ANY(%(ids)s)
                AND a.updated_at > %(moment)s)
)
"""


@contextmanager
def nested_loops() -> Iterator[None]:
    """Let PostgreSQL look rows up one by one, which suits a filter over a batch, and only there."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = on")
        yield
        cursor.execute("SET LOCAL enable_nestloop = off")


def all_ids(project: Project, *, most: int) -> Iterator[list[int]]:
    """Yield the ids of a project's tasks, the first ones first, so many at a time."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, {"project": project.pk, "after": after, "limit": most})
            (ids,) = cursor.fetchone()
        if ids:
            yield ids
        if not ids or len(ids) < most:
            return
        after = ids[-1]


def filtered_ids(project: Project, wanted: TaskFilter, *, most: int) -> Iterator[list[int]]:
    """Yield the ids of tasks that fit a filter of the explorer, the first ones first.

    Few are found at once; where they are many, every batch of the project's tasks is asked for its own.
    """
    with nested_loops():
        found = explorer_reads.matches(project, wanted)
    if found.ids is not None:
        few = sorted(found.ids)
        yield from (few[start : start + most] for start in range(0, len(few), most))
        return
    for ids in all_ids(project, most=most):
        yield _fitting(found, ids)


def _fitting(found: Matches, ids: Sequence[int]) -> list[int]:
    """Return those of a batch that fit; no other task of the project lies between its first and its last."""
    tasks = found.tasks.filter(pk__range=(ids[0], ids[-1])).order_by("pk")
    with nested_loops():
        return read_soon(lambda: list(tasks.values_list("pk", flat=True)))


def changed_ids(ids: Sequence[int], moment: datetime) -> list[int]:
    """Return those of a batch that came or changed after a moment.

    What counts: the task itself, a label given or retired, an answer saved, another split, other metadata, into
    quarantine or out of it. Comments and flags do not.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"ids": list(ids), "moment": moment})
        (changed,) = cursor.fetchone()
    return list(changed)
