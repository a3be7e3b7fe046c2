"""Imports as people follow them: earlier ones, and what was wrong with their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from labeling.formats import csv
from labeling.models import ImportProblem, JobRun, JobState, Upload
from labeling.models.imports import ImportParams, ImportResult
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project
    from labeling.models.imports import UnknownLabel

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
    is_kept = job.state != JobState.SUCCEEDED or was_dry_run(job)
    return upload if upload is not None and upload.file and is_kept else None


def was_dry_run(job: JobRun) -> bool:
    """Return whether a job only looked through its file."""
    return ImportParams.load(job.params).options.dry_run


def unknown_labels(job: JobRun) -> list[UnknownLabel]:
    """Return the labels that a dry run found and the project does not offer, those of most rows first."""
    return ImportResult.load(job.result).unknown if job.result else []


def offered(job: JobRun) -> list[tuple[str, list[str]]]:
    """Return the labels that the questions with unknown labels offer, by question."""
    names = dict.fromkeys(unknown.question for unknown in unknown_labels(job))
    schema = version_reads.schema(job.project_id) if names and job.project_id else None
    found = [(name, schema.question(name)) for name in names] if schema else []
    return [(name, question.class_names) for name, question in found if question is not None]


def told(counts: ImportResult) -> list[str]:
    """Return what became of rows whose tasks were there already, in sentences."""
    changes = {"a new label": counts.relabeled, "a new split": counts.moved, "other metadata": counts.redescribed}
    parts = [f"{count:,} {what}" for what, count in changes.items() if count]
    sentences = (
        (counts.updated, "Changed", f": {_joined(parts)}."),
        (counts.unchanged, "Unchanged", ": the task is as the file says already."),
        (counts.kept, "Kept", ": a person gave or decided another label, which stays."),
        (
            counts.unread,
            "Not read",
            ": the file says another label, split or metadata than the task has. Import it again and choose to update "
            "tasks that are there.",
        ),
        (
            counts.conflicts,
            "Contradicted",
            ": an earlier row of the same file gives the task another label. The first one holds, and the task is "
            "flagged for review.",
        ),
    )
    return [f"{what}, {count:,} {'row' if count == 1 else 'rows'}{why}" for count, what, why in sentences if count]


def told_of_people(counts: ImportResult) -> list[str]:
    """Return what became of the answers of people that came with the rows, in sentences."""
    if not counts.answers + counts.changed_answers + counts.same_answers + counts.refused_answers:
        return []
    people = f" of {counts.people:,} {'person' if counts.people == 1 else 'people'}" if counts.people else ""
    several = (
        f" {counts.several:,} {'task has' if counts.several == 1 else 'tasks have'} the answers of several people."
    )
    sentences = (
        (counts.answers, f"taken{people}.{several if counts.several else ''}"),
        (counts.changed_answers, "changed: the same person said less before, or something else."),
        (counts.same_answers, "there already: the same person said the same before."),
        (
            counts.refused_answers,
            "not taken: what the person answered could not be read, or contradicts what the same person said before.",
        ),
    )
    return [f"{count:,} {'answer' if count == 1 else 'answers'} {words}" for count, words in sentences if count]


def _joined(parts: list[str]) -> str:
    *some, last = parts or [""]
    return f"{', '.join(some)} and {last}" if some else last


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
