"""An export: a project's tasks, offered to the writer of a format, and its bytes as they come."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.errors import Invalid, Problem
from labeling.formats.base import Part
from labeling.formats.gzip import compress
from labeling.formats.registry import writable_files
from labeling.formats.rows import EXPORT_MARK
from labeling.models import Media, TaskState
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.exports import answers, flat, history
from labeling.selectors.exports.card import card_of
from labeling.selectors.exports.reading import Filters, one_instant
from labeling.selectors.exports.votes import columns_of_votes
from labeling.selectors.media import path_of

if TYPE_CHECKING:
    from labeling.formats.base import ColumnType, Format, Writing
    from labeling.kinds.schema import Schema
    from labeling.models import Project

logger = logging.getLogger(__name__)


class Shape(StrEnum):
    """What one row of an export is."""

    TASKS = "tasks"
    ANNOTATIONS = "annotations"


@dataclass(frozen=True, slots=True)
class Written:
    """How an export is written.

    Parameters
    ----------
    format
        The name of a format.
    shape
        What one row is: a task, or an answer of a person.
    columns
        Names of the columns to write, in that order; empty: all. A row per task always begins with its number.
    escape
        Whether a cell of CSV that a spreadsheet would run is written with an apostrophe in front.
    """

    format: str
    shape: Shape
    columns: tuple[str, ...]
    escape: bool


@dataclass(frozen=True, slots=True)
class Export:
    """A download: its bytes as they come, what they are, what to call them, and whether they are compressed already."""

    content: Iterator[bytes]
    content_type: str
    filename: str
    packed: bool = False

    def compressed(self) -> Export:
        """Return the same as a gzip file."""
        return Export(compress(self.content), "application/gzip", f"{self.filename}.gz", packed=True)


class ProjectTasks:
    """The tasks of a project that an export carries, in the shapes that writers ask for (`formats.base.Tasks`)."""

    def __init__(self, project: Project, schema: Schema, filters: Filters, written: Written) -> None:
        self._project = project
        self._filters = filters
        columns = flat.columns_of(schema, escape=written.escape)
        if written.columns:
            known = {column.name: column for column in (*columns, *columns_of_votes(schema))}
            columns = [known[name] for name in dict.fromkeys((EXPORT_MARK, *written.columns))]
        self._columns = columns
        self._image_fields = [column.name for column in columns if column.name in _image_fields_of(schema)]
        self._class_names = {
            question.name: question.class_names
            for question in schema.questions
            if question.class_names and question.column is str
        }
        self._image_types: dict[str, str] = {}

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """Names and types of the columns of one flat row per task."""
        return {column.name: column.type for column in self._columns}

    @property
    def image_fields(self) -> Sequence[str]:
        """Names of the fields that hold images."""
        return self._image_fields

    @property
    def label_column(self) -> str:
        """The column of the one question that is answered by one label; empty where there is none, or several."""
        return next(iter(self._class_names)) if len(self._class_names) == 1 else ""

    @property
    def class_names(self) -> Mapping[str, Sequence[str]]:
        """Labels on offer, of each column that holds one of them."""
        return self._class_names

    def card(self) -> str:
        """Return what is known of the project's data."""
        return card_of(self._project)

    def lines(self) -> Iterator[str]:
        """Yield a task with all its past as one line of JSON."""
        return history.lines(self._project, self._filters)

    def records(self) -> Iterator[bytes]:
        """Yield the flat rows as CSV."""
        return flat.records(self._project, self._columns, self._filters)

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield the flat rows some at a time, as the cells of each column."""
        return flat.cells_by_column(self._project, self._columns, self._filters)

    def image_type(self, sha256: str) -> str:
        """Return the content type of an image, asking the database for a thousand at a time."""
        if sha256 not in self._image_types:
            if len(self._image_types) > 100_000:
                self._image_types.clear()
            after = Media.objects.filter(links__project=self._project, sha256__gte=sha256).order_by("sha256")
            self._image_types.update(after.values_list("sha256", "content_type")[:1_000])
        return self._image_types.get(sha256, "")

    def image(self, sha256: str) -> Iterator[bytes] | None:
        """Return the bytes of an image in pieces; None when its file is missing, which is written down."""
        stored = path_of(sha256, "original")
        if not default_storage.exists(stored):
            logger.error("export of project %s: the file of image %s is missing", self._project.pk, sha256)
            return None
        return _pieces(stored)


def _image_fields_of(schema: Schema) -> list[str]:
    return [field.name for field in schema.fields if field.type == "image"]


def _reach_store(project: Project) -> None:
    """Let a store of images that is away say so now: once the first bytes are sent, nothing can be said any more."""
    first = Media.objects.filter(links__project=project).first()
    if first is not None:
        default_storage.exists(path_of(first.pk, "original"))


def _pieces(path: str) -> Iterator[bytes]:
    with default_storage.open(path) as file:
        yield from file.chunks()


def stream(
    *,
    project: Project,
    format: str = "jsonl",
    filters: Filters | None = None,
    escape: bool = True,
    shape: Shape = Shape.TASKS,
    columns: tuple[str, ...] = (),
) -> Export:
    """Return a project's tasks or answers as a download; no row is read before the first bytes are asked for.

    `Written` says what the parameters mean.
    """
    how, checked = Written(format, shape, columns, escape), (filters or Filters()).checked()
    writing = _writing_of(how)
    if Part.IMAGES not in writing.loses:
        _reach_store(project)
    schema = version_reads.schema(project.pk)
    _check_columns(how, schema)
    if checked.wanted is not None:
        # A filter that the database cannot answer in time is refused while that can still be said.
        explorer_reads.matches(project, checked.wanted)

    def content() -> Iterator[bytes]:
        with one_instant():
            if how.shape == Shape.ANNOTATIONS and writing.write_rows is not None:
                names = how.columns or tuple(answers.COLUMNS)
                rows = answers.rows(project, schema, checked, names, escape=how.escape)
                yield from writing.write_rows(rows, {name: answers.COLUMNS[name] for name in names})
            else:
                yield from writing.write(ProjectTasks(project, schema, checked, how))

    what = "" if how.shape == Shape.TASKS else f"-{how.shape}"
    return Export(
        content=content(),
        content_type=writing.content_type,
        filename=f"{project.slug}{what}-{timezone.localdate().isoformat()}.{writing.suffix}",
        packed=writing.packed,
    )


def _writing_of(how: Written) -> Writing:
    """Return the writer that is asked for, or raise `Invalid` where its format cannot hold what is asked for."""
    known = {found.name: writing for found, writing in writable_files()}
    if how.format not in known:
        message = f"Expected one of {', '.join(known)}."
        raise Invalid(f"There is no format “{how.format[:40]}”. {message}", problems=(Problem("format", message),))
    writing = known[how.format]
    if how.shape == Shape.ANNOTATIONS and writing.write_rows is None:
        fitting = ", ".join(name for name, other in known.items() if other.write_rows is not None)
        message = f"This format has no rows of single answers. Choose one of {fitting}."
        raise Invalid(message, problems=(Problem("format", message),))
    if how.shape == Shape.TASKS and how.columns and not writing.has_columns:
        fitting = ", ".join(name for name, other in known.items() if other.has_columns)
        message = f"This format carries whole tasks. To choose columns, choose one of {fitting}."
        raise Invalid(message, problems=(Problem("columns", message),))
    return writing


def _check_columns(how: Written, schema: Schema) -> None:
    known = [*answers.COLUMNS] if how.shape == Shape.ANNOTATIONS else column_names(schema)
    unknown = next((name for name in how.columns if name not in known), None)
    if unknown is not None:
        message = f"There is no column “{unknown[:40]}”. Expected some of {', '.join(known)}."
        raise Invalid(message, problems=(Problem("columns", message),))


def split_names(sent: str) -> tuple[str, ...]:
    """Return the names of columns that stand in a text with commas between."""
    return tuple(name.strip() for name in sent.split(",") if name.strip())


def column_names(schema: Schema) -> list[str]:
    """Return the names of the columns that a row of a task can have."""
    return [column.name for column in (*flat.columns_of(schema), *columns_of_votes(schema))]


def offered(project: Project) -> list[tuple[Format, Writing]]:
    """Return the formats that make sense for a project: one of image files only where there are images."""
    shown = {field.type for field in version_reads.schema(project.pk).fields}
    return [(format, writing) for format, writing in writable_files() if not writing.fields or writing.fields & shown]


def summary(project: Project) -> dict[str, int]:
    """Return how many tasks there are in each state."""
    counts = progress_reads.counts([project.pk])[project.pk]
    return {
        TaskState.TODO: counts.todo,
        TaskState.LABELED: counts.labeled,
        TaskState.DISPUTED: counts.disputed,
        TaskState.QUARANTINED: counts.quarantined,
    }
