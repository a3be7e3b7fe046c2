"""Uploaded files, what was wrong with their rows, and what the jobs that import them are told and tell."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.db import models
from pydantic import BaseModel, ConfigDict, Field

from labeling.formats.rows import MAX_COLUMNS
from labeling.models.documents import JsonDocument
from labeling.models.jobs import JobRun
from labeling.models.projects import Project
from labeling.models.tasks import Task


class Upload(models.Model):
    """A file as it was sent, kept privately until its import is over."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    file = models.FileField(upload_to="uploads/%Y/%m/", max_length=300)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.filename


class ImportProblem(models.Model):
    """Why one row of an import was not taken."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="import_problems", db_index=False)
    row = models.PositiveBigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    message = models.TextField()

    class Meta:
        indexes = (models.Index(fields=("job", "row", "id"), name="import_problem_by_row"),)

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"


class ImportChange(models.Model):
    """What an import changed about one task that was there already, so that it can be put back."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="import_changes", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="import_changes")
    change = models.JSONField(help_text="Read and written through TaskChange.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "task"), name="import_change_once"),)

    def __str__(self) -> str:
        return f"change of task {self.task_id} by job {self.job_id}"


class Instead(BaseModel):
    """What was there, and what was put in its place: a split, metadata, or the ids of labels."""

    old: Any = None
    new: Any = None


class GivenBefore(BaseModel):
    """An annotation that an import wrote, and the version that it had before (0: none)."""

    annotation: int
    version: int = 0


class TaskChange(JsonDocument):
    """What an import changed about a task; `closed` is how many slots were closed by it, `given` whose answers came."""

    labels: list[Instead] = Field(default_factory=list)
    closed: int = 0
    split: Instead | None = None
    meta: Instead | None = None
    given: list[GivenBefore] = Field(default_factory=list)


class ImportOptions(BaseModel):
    """How a file is to be imported; everything has a default.

    Parameters
    ----------
    mode
        `keep_good` takes the rows that can be taken; `all_or_nothing` takes none if one cannot; `update` takes those
        that can be taken, and of tasks that are there already the labels, split and metadata.
    mapping
        Column name to target (see `labeling.formats.mapping`); None: guessed from the names.
    encoding, delimiter
        How the text is written; None: found out.
    dry_run
        Whether the file is only looked through: what would become of its rows is told, and nothing is written.
    values
        By question: what a label is called in the file, and the label that is meant; "" for none.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    mode: Literal["keep_good", "all_or_nothing", "update"] = "keep_good"
    dry_run: bool = False
    mapping: dict[str, str] | None = Field(default=None, max_length=MAX_COLUMNS + 1)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    encoding: str | None = Field(default=None, max_length=40)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)


class ImportParams(JsonDocument):
    """What an import reads, a file that was sent or a folder on the server, and how."""

    upload: int | None = None
    folder: str | None = None
    filename: str = ""
    options: ImportOptions = ImportOptions()


class RowCounts(BaseModel):
    """What became of rows.

    Parameters
    ----------
    accepted, rejected, labels
        New tasks, rows that were not taken, and labels that were written with new tasks.
    duplicates
        Rows whose tasks were there already, whatever became of them.
    conflicts
        Of those, how many contradict a label that the same file gave before: their tasks are flagged.
    unread
        How many say another label, split or metadata that was not taken over.
    updated
        How many changed their task; `relabeled`, `moved` and `redescribed`: its label, its split, its metadata.
    unchanged
        How many say what is there.
    kept
        How many say another label than people gave or decided, which stays.
    answers, people, several
        Answers of people that came with rows, whose they are, and tasks to which several people's answers count.
    changed_answers, same_answers, refused_answers
        Answers that say more, or otherwise, than the same person's before; that say the same; and that were not taken.
    """

    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    labels: int = 0
    conflicts: int = 0
    unread: int = 0
    updated: int = 0
    relabeled: int = 0
    moved: int = 0
    redescribed: int = 0
    unchanged: int = 0
    kept: int = 0
    answers: int = 0
    people: int = 0
    several: int = 0
    changed_answers: int = 0
    same_answers: int = 0
    refused_answers: int = 0


class ImportCounts(RowCounts):
    """What became of the rows so far."""

    problems_kept: int = 0

    @property
    def any_answers(self) -> bool:
        """Whether anything was read of what people answered."""
        return self.answers + self.changed_answers + self.same_answers > 0

    def as_result(self) -> ImportResult:
        """Return the counts as the API shows them."""
        return ImportResult(**self.model_dump(exclude={"problems_kept"}))


class ImportCursor(JsonDocument):
    """How far an import came.

    Parameters
    ----------
    row
        The last row that was written.
    images
        Whether there were images among the rows.
    over
        Whether the last row was written.
    settled
        The last task whose labels were settled from the answers that came with it.
    """

    row: int = 0
    counts: ImportCounts = ImportCounts()
    images: bool = False
    over: bool = False
    settled: int = 0


class UnknownLabel(BaseModel):
    """A label that rows of a file give and the question does not offer, and how many rows do."""

    question: str
    label: str
    rows: int


class ImportResult(RowCounts, JsonDocument):
    """What became of the rows.

    Parameters
    ----------
    good
        How many could have been taken where one bad row kept out all.
    dry_run
        Whether the file was only looked through, and all of this is what would become of its rows.
    unknown
        After a look: labels that are not on offer, those that most rows give first.
    more_unknown
        How many more there are than are named.
    """

    good: int | None = None
    dry_run: bool = False
    unknown: list[UnknownLabel] = Field(default_factory=list)
    more_unknown: int = 0

    def dump(self) -> dict[str, Any]:
        """Return what to store; what happened to no row that was there goes without saying."""
        always = {"accepted", "rejected", "duplicates", "labels", "good"}
        return {name: value for name, value in super().dump().items() if value or name in always}
