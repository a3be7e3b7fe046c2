"""Uploaded files, what was wrong with their rows, and what the jobs that import them are told and tell."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.db import models
from pydantic import BaseModel, ConfigDict, Field

from labeling.formats.rows import MAX_COLUMNS
from labeling.models.documents import JsonDocument
from labeling.models.jobs import JobRun
from labeling.models.projects import Project


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


class ImportOptions(BaseModel):
    """How a file is to be imported; everything has a default.

    Parameters
    ----------
    mode
        `keep_good` takes the rows that can be taken; `all_or_nothing` takes none if one cannot.
    mapping
        Column name to target (see `labeling.formats.mapping`); None: guessed from the names.
    encoding, delimiter
        How the text is written; None: found out.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    mode: Literal["keep_good", "all_or_nothing"] = "keep_good"
    mapping: dict[str, str] | None = Field(default=None, max_length=MAX_COLUMNS + 1)
    encoding: str | None = Field(default=None, max_length=40)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)


class ImportParams(JsonDocument):
    """What an import reads, a file that was sent or a folder on the server, and how."""

    upload: int | None = None
    folder: str | None = None
    filename: str = ""
    options: ImportOptions = ImportOptions()


class ImportCounts(BaseModel):
    """What became of the rows so far."""

    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    labels: int = 0
    problems_kept: int = 0

    def as_result(self) -> ImportResult:
        """Return the counts as the API shows them."""
        return ImportResult(
            accepted=self.accepted, rejected=self.rejected, duplicates=self.duplicates, labels=self.labels
        )


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
    """

    row: int = 0
    counts: ImportCounts = ImportCounts()
    images: bool = False
    over: bool = False


class ImportResult(JsonDocument):
    """What became of the rows; `good` is how many could have been taken where one bad row kept out all."""

    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    labels: int = 0
    good: int | None = None
