"""Take an import back: remove the tasks it added while nobody has worked on them, and put back what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from labeling.errors import Conflict
from labeling.models import ALIVE, FlagState, ImportChange, LabelSource, MediaLink
from labeling.reasons.conflict import CONFLICT
from labeling.services import events
from labeling.services.imported_people import forget_unused_accounts
from labeling.services.imports.updating import put_back

if TYPE_CHECKING:
    from labeling.models import JobRun, Project, User

# What follows from answers: where nobody has answered here, it follows from those that came with the import.
_FOLLOWING = ", ".join(f"'{source}'" for source in (LabelSource.IMPORT, LabelSource.ANNOTATION, LabelSource.CONSENSUS))
_COUNT = f"""
SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM labeling_label l WHERE l.task_id = t.id)),
       count(*) FILTER (WHERE
           EXISTS (SELECT 1 FROM labeling_annotation a JOIN labeling_user u ON u.id = a.annotator_id
                   WHERE a.task_id = t.id AND NOT u.is_imported)
           OR EXISTS (SELECT 1 FROM labeling_importchange i WHERE i.task_id = t.id AND i.job_id <> t.import_job_id
                      AND jsonb_array_length(i.change -> 'given') > 0)
           OR EXISTS (SELECT 1 FROM labeling_lease s WHERE s.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_flag f WHERE f.task_id = t.id
                      AND NOT (f.reason = '{CONFLICT}' AND f.state = '{FlagState.OPEN}' AND f.raised_by_id IS NULL))
           OR EXISTS (SELECT 1 FROM labeling_comment c WHERE c.task_id = t.id)
           OR EXISTS (SELECT 1 FROM labeling_label l WHERE l.task_id = t.id AND l.source NOT IN ({_FOLLOWING})))
FROM labeling_task t WHERE t.import_job_id = %s
"""  # noqa: S608 - only names of states are put in
_LOCK = (
    "SELECT q.task_id FROM labeling_queueentry q JOIN labeling_task t ON t.id = q.task_id "
    "WHERE t.import_job_id = %(job)s "
    "OR t.id IN (SELECT task_id FROM labeling_importchange WHERE job_id = %(job)s) ORDER BY q.task_id FOR UPDATE OF q"
)
_REMOVE = (
    "DELETE FROM labeling_flag WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
    "DELETE FROM labeling_importchange WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
    "DELETE FROM labeling_label WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
    "DELETE FROM labeling_annotationrevision WHERE annotation_id IN (SELECT a.id FROM labeling_annotation a "
    "JOIN labeling_task t ON t.id = a.task_id WHERE t.import_job_id = %s)",
    "DELETE FROM labeling_annotation WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
    "DELETE FROM labeling_queueentry WHERE task_id IN (SELECT id FROM labeling_task WHERE import_job_id = %s)",
)
_REMOVE_TASKS = "DELETE FROM labeling_task WHERE import_job_id = %s"
_UNLINK = """
DELETE FROM labeling_medialink m WHERE m.project_id = %(project)s AND m.media_id NOT IN (
    SELECT value ->> 'sha256' FROM labeling_task t, jsonb_each(t.data) AS field(name, value)
    WHERE t.project_id = %(project)s AND jsonb_typeof(value) = 'object' AND value ? 'sha256'
)
"""


@dataclass(frozen=True, slots=True)
class Removable:
    """What removing an import's tasks would take away, how many stand in the way, and what it changed of others."""

    tasks: int
    labeled: int
    touched: int
    changed: int

    @property
    def possible(self) -> bool:
        """Whether there is something to remove or to put back, and nobody has worked on what would go."""
        return self.tasks + self.changed > 0 and self.touched == 0


def removable(job: JobRun) -> Removable:
    """Return what removing the tasks that a job added would mean."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, (job.pk,))
        tasks, labeled, touched = cursor.fetchone()
    changed = ImportChange.objects.filter(job=job).count()
    return Removable(tasks=tasks, labeled=labeled, touched=touched, changed=changed)


@transaction.atomic
def remove(*, actor: User, job: JobRun) -> Removable:
    """Remove the tasks an import added, with the labels that came with them, and put back what it changed of others."""
    if job.state in ALIVE:
        message = "This import is still running. Cancel it first."
        raise Conflict(message)
    with connection.cursor() as cursor:
        # Whoever claims one of them now waits, and then finds it gone.
        cursor.execute(_LOCK, {"job": job.pk})
        found = removable(job)
        if found.touched:
            message = (
                f"{found.touched:,} of the {found.tasks:,} tasks were worked on since (answered, claimed, flagged, "
                "commented or relabeled). They are kept, and so are the others. Quarantine what you do not want."
            )
            raise Conflict(message)
        put_back(job=job)
        for statement in _REMOVE:
            cursor.execute(statement, (job.pk,))
        cursor.execute(_REMOVE_TASKS, (job.pk,))
    if job.project is not None:
        unlink_unused(job.project)
        forget_unused_accounts(job.project)
    events.record(
        verb="import.removed",
        project=job.project,
        actor=actor,
        job=job.pk,
        tasks=found.tasks,
        labels=found.labeled,
        changed=found.changed,
    )
    return found


def unlink_unused(project: Project) -> None:
    """Let nobody fetch images any more that no task of the project shows."""
    if MediaLink.objects.filter(project=project).exists():
        with connection.cursor() as cursor:
            cursor.execute(_UNLINK, {"project": project.pk})
