"""An export: a project's tasks, offered to the writer of a format, and its bytes as they come."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.errors import Invalid, Problem
from labeling.formats.base import Part
from labeling.formats.registry import writable_files
from labeling.models import Media, TaskState
from labeling.selectors import progress as progress_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.exports import flat, history
from labeling.selectors.exports.reading import Filters, one_instant
from labeling.selectors.media import path_of

if TYPE_CHECKING:
    from labeling.formats.base import ColumnType, Format, Writing
    from labeling.kinds.schema import Schema
    from labeling.models import Project

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Export:
    """A download: its bytes as they come, what they are, and what to call them."""

    content: Iterator[bytes]
    content_type: str
    filename: str


class ProjectTasks:
    """The tasks of a project that an export carries, in the shapes that writers ask for (`formats.base.Tasks`)."""

    def __init__(self, project: Project, schema: Schema, filters: Filters, *, escape: bool = True) -> None:
        self._project = project
        self._filters = filters
        self._columns = flat.columns_of(schema, escape=escape)
        self._image_fields = [field.name for field in schema.fields if field.type == "image"]
        self._image_types: dict[str, str] = {}

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """Names and types of the columns of one flat row per task."""
        return {column.name: column.type for column in self._columns}

    @property
    def image_fields(self) -> Sequence[str]:
        """Names of the fields that hold images."""
        return self._image_fields

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
            if len(self._image_types) > 10_000:
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


def _reach_store(project: Project) -> None:
    """Let a store of images that is away say so now: once the first bytes are sent, nothing can be said any more."""
    first = Media.objects.filter(links__project=project).first()
    if first is not None:
        default_storage.exists(path_of(first.pk, "original"))


def _pieces(path: str) -> Iterator[bytes]:
    with default_storage.open(path) as file:
        yield from file.chunks()


def stream(*, project: Project, format: str = "jsonl", filters: Filters | None = None, escape: bool = True) -> Export:
    """Return a project's tasks and labels as a download; nothing is read before the first bytes are asked for.

    Without `escape` a cell of CSV is written as it is, whatever a spreadsheet would make of it.
    """
    known = {found.name: writing for found, writing in writable_files()}
    if format not in known:
        message = f"Expected one of {', '.join(known)}."
        raise Invalid(f"There is no format “{format[:40]}”. {message}", problems=(Problem("format", message),))
    writing = known[format]
    if Part.IMAGES not in writing.loses:
        _reach_store(project)
    checked = (filters or Filters()).checked()
    schema = version_reads.schema(project.pk)

    def content() -> Iterator[bytes]:
        with one_instant():
            yield from writing.write(ProjectTasks(project, schema, checked, escape=escape))

    return Export(
        content=content(),
        content_type=writing.content_type,
        filename=f"{project.slug}-{timezone.localdate().isoformat()}.{writing.suffix}",
    )


def offered(project: Project) -> list[tuple[Format, Writing]]:
    """Return the formats that make sense for a project: one that carries image files only where there are images."""
    images = any(field.type == "image" for field in version_reads.schema(project.pk).fields)
    return [(format, writing) for format, writing in writable_files() if images or Part.IMAGES in writing.loses]


def summary(project: Project) -> dict[str, int]:
    """Return how many tasks there are in each state."""
    counts = progress_reads.counts([project.pk])[project.pk]
    return {
        TaskState.TODO: counts.todo,
        TaskState.LABELED: counts.labeled,
        TaskState.DISPUTED: counts.disputed,
        TaskState.QUARANTINED: counts.quarantined,
    }
