"""Take an import back: remove the tasks it added while nobody has worked on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from labeling.errors import Conflict
from labeling.models import ALIVE, LabelSource
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import JobRun, User

_COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM labeling_label l WHERE l.task_id = t.id)),
       count(*) FILTER (WHERE
           EXISTS (SELECT 1 FROM labeling_annotation a WHERE a.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_lease s WHERE s.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_flag f WHERE f.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_comment c WHERE c.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_label l WHERE l.task_id = t.id AND l.source <> '{LabelSource.IMPORT}'))
FROM labeling_task t WHERE t.import_job_id = %s
"""  # noqa: S608 - only names of states are put in
_LOCK = (
    "SELECT q.task_id FROM labeling_queueentry q JOIN labeling_task t ON t.id = q.task_id "
    "WHERE t.import_job_id = %s FOR UPDATE OF q"
)
_REMOVE = (
    "DELETE FROM labeling_label WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
    "DELETE FROM labeling_queueentry WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
)
_REMOVE_TASKS = "DELETE FROM labeling_task WHERE import_job_id = %s"
# Images that no task of the project shows any more: nobody may fetch them either.
_UNLINK = """
DELETE FROM labeling_medialink m WHERE m.project_id = %(project)s AND m.media_id NOT IN (
    SELECT value ->> 'sha256' FROM labeling_task t, jsonb_each(t.data) AS field(name, value)
    WHERE t.project_id = %(project)s AND jsonb_typeof(value) = 'object' AND value ? 'sha256'
)
"""


@dataclass(frozen=True, slots=True)
class Removable:
    """What removing an import's tasks would take away, and how many stand in the way."""

    tasks: int
    labeled: int
    touched: int

    @property
    def possible(self) -> bool:
        """Whether there is something to remove and nobody has worked on it."""
        return self.tasks > 0 and self.touched == 0


def removable(job: JobRun) -> Removable:
    """Return what removing the tasks that a job added would mean."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, (job.pk,))
        tasks, labeled, touched = cursor.fetchone()
    return Removable(tasks=tasks, labeled=labeled, touched=touched)


@transaction.atomic
def remove(*, actor: User, job: JobRun) -> Removable:
    """Remove the tasks an import added, with the labels that came with them."""
    if job.state in ALIVE:
        message = "This import is still running. Cancel it first."
        raise Conflict(message)
    with connection.cursor() as cursor:
        # Whoever claims one of them now waits, and then finds it gone.
        cursor.execute(_LOCK, (job.pk,))
        found = removable(job)
        if found.touched:
            message = (
                f"{found.touched:,} of the {found.tasks:,} tasks were worked on since (answered, claimed, flagged, "
                "commented or relabeled). They are kept, and so are the others. Quarantine what you do not want."
            )
            raise Conflict(message)
        for statement in _REMOVE:
            cursor.execute(statement, (job.pk,))
        cursor.execute(_REMOVE_TASKS, (job.pk,))
        cursor.execute(_UNLINK, {"project": job.project_id})
    events.record(
        verb="import.removed", project=job.project, actor=actor, job=job.pk, tasks=found.tasks, labels=found.labeled
    )
    return found
