"""After the last row: settle the labels of the tasks that an import brought answers to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.models import Annotation, ImportChange, Task
from labeling.services import settling
from labeling.services.task_acts import lock_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.models import JobRun, Project
    from labeling.models.imports import ImportCounts

BATCH = 1_000


def settle_answers(
    *, job: JobRun, project: Project, after: int, counts: ImportCounts, checkpoint: Callable[[int], None]
) -> None:
    """Settle the tasks beyond the id `after` to which a job brought answers, and count them.

    `checkpoint` is told the last task of every batch, within its transaction.
    """
    while ids := _answered_by(job, after):
        with transaction.atomic():
            entries = lock_entries(project, ids)
            settling.settle_imported(project, list(entries.values()))
            answers = Counter(
                Annotation.objects.filter(task_id__in=ids, counted=True).values_list("task_id", flat=True)
            )
            counts.several += sum(number > 1 for number in answers.values())
            after = ids[-1]
            checkpoint(after)


def count_people(job: JobRun) -> int:
    """Return how many people's answers stand at the tasks that a job brought answers to."""
    given = Annotation.objects.filter(annotator__is_imported=True)
    own = given.filter(task__import_job=job).values("annotator")
    others = given.filter(task__import_changes__job=job).values("annotator")
    return own.union(others).count()


def _answered_by(job: JobRun, after: int) -> list[int]:
    answered = Exists(Annotation.objects.filter(task_id=OuterRef("pk"), annotator__is_imported=True))
    own = Task.objects.filter(answered, import_job=job, pk__gt=after).order_by("pk")
    changed = ImportChange.objects.filter(job=job, task_id__gt=after).order_by("task_id")
    found = {*own.values_list("pk", flat=True)[:BATCH], *changed.values_list("task_id", flat=True)[:BATCH]}
    return sorted(found)[:BATCH]
