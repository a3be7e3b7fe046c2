"""Deleting a project for good: asked for with its name typed, done by a job in steps that each leave nothing half."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from django.core.files.storage import default_storage
from django.db import transaction

from labeling import access
from labeling.errors import Conflict, Invalid, Problem
from labeling.models import ALIVE, AnnotationRevision, Event, JobRun, JobState, Media, MediaLink, Project, Task, Upload
from labeling.models.documents import JsonDocument
from labeling.selectors.media import VARIANTS, path_of
from labeling.services import events, jobs, projects
from labeling.services.imported_people import forget_unused_accounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from labeling.models import User

DELETE = "labeling.delete_project"
BATCH = 500
ROWS_BATCH = 10_000
# How long images wait for imports of other projects, which may be about to show them, before they are left behind.
PATIENCE_SECONDS = 300
_IMPORT = "labeling.import"


class DeletionParams(JsonDocument):
    """Which project is deleted; its name and address are still told when it is gone."""

    project: int
    name: str
    slug: str


class DeletionCursor(JsonDocument):
    """How many tasks are gone."""

    tasks: int = 0


class DeletionResult(JsonDocument):
    """How many tasks and images are gone, and how many images had to stay."""

    tasks: int
    images: int
    images_kept: int


Deletion: TypeAlias = jobs.RunningJob[DeletionParams, DeletionCursor]


@transaction.atomic
def start(*, actor: User, project: Project, name: str) -> JobRun:
    """Archive the project and start the job that deletes it with everything in it; `name` must be its name."""
    access.check_person(actor, "delete projects")
    if name.strip() != project.name:
        message = f"Type the name of the project, {project.name}, exactly: deleting it cannot be undone."
        raise Invalid(message, problems=(Problem("name", message),))
    projects.archive(actor=actor, project=project, archived=True)
    for job in JobRun.objects.filter(project=project, state__in=ALIVE):
        jobs.cancel(actor=actor, job=job)
    # A job of the site: those of the project go with it.
    return jobs.start(
        kind=DELETE,
        project=None,
        actor=actor,
        params=DeletionParams(project=project.pk, name=project.name, slug=project.slug),
        exclusive_key=f"delete-project:{project.pk}",
    )


def delete_project(run: Deletion) -> DeletionResult:
    """Delete tasks with all that hangs on them, then files, then the project; goes on where it was stopped."""
    project = Project.objects.filter(pk=run.params.project).first()
    deleted = run.cursor.tasks
    if project is not None:
        if project.archived_at is None:
            message = f"“{project.name}” was restored meanwhile: nothing more of it is deleted."
            raise Conflict(message)
        _wait_for_its_jobs(run, project)
        deleted = _delete_tasks(run, project, deleted)
        _delete_rows(run, project)
        with transaction.atomic():
            forget_unused_accounts(project)
            project.delete()
            events.record(
                verb="project.deleted",
                project=None,
                actor=run.job.requested_by,
                name=run.params.name,
                slug=run.params.slug,
                tasks=deleted,
            )
    images, kept = _delete_unused_media(run)
    return DeletionResult(tasks=deleted, images=images, images_kept=kept)


def _wait_for_its_jobs(run: Deletion, project: Project) -> None:
    """Let the jobs that were told to end come to their end; those whose workers died are ended by the clock."""
    while JobRun.objects.filter(project=project, state=JobState.RUNNING).exists():
        run.progress(0, 1, "Waiting for other jobs of the project to end")
        time.sleep(0.5)


def _delete_tasks(run: Deletion, project: Project, deleted: int) -> int:
    tasks = Task.objects.filter(project=project)
    total = deleted + tasks.count() + 1  # the project itself is the last
    # Without their events first, every deleted task would rewrite its own.
    _in_batches(run, Event.objects.filter(project=project).order_by("pk"), deleted, total=total)
    while batch := list(tasks.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            AnnotationRevision.objects.filter(annotation__task_id__in=batch).delete()
            tasks.filter(pk__in=batch).delete()
            deleted += len(batch)
            run.checkpoint(DeletionCursor(tasks=deleted))
        run.progress(deleted, total, f"{deleted:,} tasks deleted")
    return deleted


def _delete_rows(run: Deletion, project: Project) -> None:
    """Delete what else may be much: links to images, and files that were sent for import."""
    _in_batches(run, MediaLink.objects.filter(project=project).order_by("pk"), 1, total=2)
    for upload in Upload.objects.filter(project=project):
        if upload.file.name:
            upload.file.storage.delete(upload.file.name)


def _in_batches(run: Deletion, rows: QuerySet[Any], done: int, *, total: int) -> None:
    while batch := list(rows.values_list("pk", flat=True)[:ROWS_BATCH]):
        rows.filter(pk__in=batch).delete()
        run.progress(done, total, f"{rows.model._meta.verbose_name_plural} are being deleted")


def _delete_unused_media(run: Deletion) -> tuple[int, int]:
    """Delete images that no project shows any more; returns how many are gone, and how many had to stay."""
    unused = Media.objects.filter(links=None)
    gone = 0
    while batch := list(unused.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        if not _within(PATIENCE_SECONDS, _no_import_runs, tell=lambda: run.progress(0, 1, "Waiting for an import")):
            return gone, unused.count()
        with transaction.atomic():
            # Locked, so that an import that links one of them waits, finds no row, and makes it anew.
            batch = list(Media.objects.select_for_update().filter(pk__in=batch).values_list("pk", flat=True))
            linked = set(MediaLink.objects.filter(media_id__in=batch).values_list("media_id", flat=True))
            batch = [sha256 for sha256 in batch if sha256 not in linked]
            Media.objects.filter(pk__in=batch).delete()
            for sha256 in batch:
                for variant in VARIANTS:
                    default_storage.delete(path_of(sha256, variant))
        gone += len(batch)
    return gone, 0


def _no_import_runs() -> bool:
    # An import stores a file first and speaks of it later: one that it found there must not vanish between.
    return not JobRun.objects.filter(kind=_IMPORT, state=JobState.RUNNING).exists()


def _within(seconds: float, holds: Callable[[], bool], *, tell: Callable[[], None]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        tell()
        time.sleep(0.5)
    return True
