"""What was wrong with the rows of a file, kept for whoever sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from labeling.models import ImportProblem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.formats import RowProblem
    from labeling.models import JobRun


def add_problems(*, job: JobRun, problems: Iterable[RowProblem]) -> None:
    """Keep what was wrong with some more rows of a job's file."""
    ImportProblem.objects.bulk_create(
        (
            ImportProblem(
                job=job, row=problem.number, column=_storable(problem.column)[:200], message=_storable(problem.message)
            )
            for problem in problems
        ),
        batch_size=1000,
    )


@transaction.atomic
def keep_problems(*, job: JobRun, problems: Iterable[RowProblem]) -> None:
    """Keep what was wrong with the rows of a job's file, in place of what an earlier attempt found."""
    ImportProblem.objects.filter(job=job).delete()
    add_problems(job=job, problems=problems)


def _storable(message: str) -> str:
    return message.encode("utf-8", errors="replace").decode().replace("\x00", "\ufffd")[:2_000]
