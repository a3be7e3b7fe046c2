"""Imports as people follow them: earlier ones, and what was wrong with their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from labeling.formats import csv
from labeling.models import ImportProblem, JobRun, JobState, Upload
from labeling.models.imports import ImportParams, ImportResult

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project

KIND = "labeling.import"
SHOWN = 50
RECENT = 20


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import in the list of a project."""

    job: JobRun
    filename: str
    counts: ImportResult | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of problem, and how many rows have it."""

    column: str
    message: str
    count: int


def line(job: JobRun) -> ImportLine:
    """Return a job as an import."""
    counts = ImportResult.load(job.result) if job.result else None
    return ImportLine(job=job, filename=ImportParams.load(job.params).filename, counts=counts)


def recent(project: Project) -> list[ImportLine]:
    """Return the last imports, newest first."""
    found = JobRun.objects.filter(project=project, kind=KIND).select_related("requested_by").order_by("-pk")[:RECENT]
    return [line(job) for job in found]


def left_over(job: JobRun) -> Upload | None:
    """Return the file of an import that failed: its columns can be chosen again without sending it again."""
    sent = ImportParams.load(job.params).upload
    upload = Upload.objects.filter(pk=sent, project=job.project).first() if sent is not None else None
    return upload if upload is not None and upload.file and job.state != JobState.SUCCEEDED else None


def problems_of(job: JobRun) -> QuerySet[ImportProblem]:
    """Return what was wrong with the rows of an import."""
    return ImportProblem.objects.filter(job=job)


def problems(job: JobRun) -> list[ImportProblem]:
    """Return the first problems, in the order of the rows."""
    return list(problems_of(job).order_by("row", "pk")[:SHOWN])


def reasons(job: JobRun) -> list[Reason]:
    """Return what was wrong most often."""
    found = (
        problems_of(job)
        .values_list("column", "message")
        .annotate(count=Count("pk"))
        .order_by("-count", "column", "message")[:5]
    )
    return [Reason(column, message, count) for column, message, count in found]


def report(job: JobRun) -> Iterator[bytes]:
    """Yield every kept problem as CSV."""
    found = problems_of(job).order_by("row", "pk").values("row", "column", "message")
    return csv.write(found.iterator(chunk_size=2_000), ("row", "column", "message"))
