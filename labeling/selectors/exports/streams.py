"""The formats of an export: each a stream of bytes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.errors import Invalid, Problem
from labeling.formats import images_zip, jsonl
from labeling.models import Media, TaskState
from labeling.selectors import progress, versions
from labeling.selectors.exports.flat import as_csv, as_parquet
from labeling.selectors.exports.history import lines
from labeling.selectors.exports.reading import Filters, one_instant
from labeling.selectors.media import path_of

if TYPE_CHECKING:
    from labeling.kinds.schema import Schema
    from labeling.models import Project

logger = logging.getLogger(__name__)

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Export:
    """A download: its bytes as they come, what they are, and what to call them."""

    content: Iterator[bytes]
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Format:
    """A format as people choose it: what it carries and what it cannot."""

    name: str
    title: str
    content_type: str
    suffix: str
    carries: str
    lacks: str
    write: Callable[[Project, Schema, Filters], Iterator[bytes]]


def _jsonl(project: Project, schema: Schema, filters: Filters) -> Iterator[bytes]:
    return jsonl.pack(lines(project, filters))


def _zip(project: Project, schema: Schema, filters: Filters) -> Iterator[bytes]:
    return images_zip.write(_members(project, schema, filters), stored=tuple(_SUFFIXES.values()))


def _members(project: Project, schema: Schema, filters: Filters) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the manifest, whose image fields name the files, and then the files."""
    fields = [field.name for field in schema.fields if field.type == "image"]
    shown: set[bytes] = set()
    suffixes = _Suffixes(project)

    def manifest() -> Iterator[str]:
        for line in lines(project, filters):
            row = json.loads(line)
            for name in fields:
                image = row.get(name)
                if isinstance(image, dict):
                    image["file"] = suffixes.path(image["sha256"])
                    shown.add(bytes.fromhex(image["sha256"]))
            yield _encode(row)

    yield "manifest.jsonl", jsonl.pack(manifest())
    for digest in sorted(shown):
        sha256 = digest.hex()
        stored = path_of(sha256, "original")
        if default_storage.exists(stored):
            yield suffixes.path(sha256), _pieces(stored)
        else:
            logger.error("export of project %s: the file of image %s is missing", project.pk, sha256)


def _pieces(path: str) -> Iterator[bytes]:
    with default_storage.open(path) as file:
        yield from file.chunks()


class _Suffixes:
    """Names the files of a ZIP by what they are, asking the database a thousand at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, str] = {}

    def path(self, sha256: str) -> str:
        if sha256 not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            after = Media.objects.filter(links__project=self._project, sha256__gte=sha256).order_by("sha256")
            self._known.update(after.values_list("sha256", "content_type")[:1_000])
        return f"images/{sha256}{_SUFFIXES.get(self._known.get(sha256, ''), '.bin')}"


FORMATS = {
    format.name: format
    for format in (
        Format(
            name="jsonl",
            title="JSON Lines",
            content_type="application/x-ndjson",
            suffix="jsonl",
            carries="Everything: data, split, metadata, every label with its source, every annotation with all its "
            "saves, comments and flags. Importing it again gives the same project.",
            lacks="The images themselves (the ZIP has them), and running leases.",
            write=_jsonl,
        ),
        Format(
            name="csv",
            title="CSV",
            content_type="text/csv; charset=utf-8",
            suffix="csv",
            carries="One row per task: data, split, metadata (as JSON), and each question's label of record.",
            lacks="Annotations, earlier labels, sources, comments, flags and images. Cells that a spreadsheet would "
            "run as a formula begin with an apostrophe.",
            write=as_csv,
        ),
        Format(
            name="parquet",
            title="Parquet",
            content_type="application/vnd.apache.parquet",
            suffix="parquet",
            carries="The rows of the CSV, with types: lists stay lists and numbers stay numbers.",
            lacks="Annotations, earlier labels, sources, comments, flags and images.",
            write=as_parquet,
        ),
        Format(
            name="zip",
            title="ZIP with images",
            content_type="application/zip",
            suffix="zip",
            carries="Everything of JSON Lines (as manifest.jsonl) and the original image files. Importing it again "
            "gives the same project, images included.",
            lacks="Running leases.",
            write=_zip,
        ),
    )
}


def stream(*, project: Project, format: str = "jsonl", filters: Filters | None = None) -> Export:
    """Return a project's tasks and labels as a download; nothing is read before the first bytes are asked for."""
    chosen = FORMATS.get(format)
    if chosen is None:
        message = f"Expected one of {', '.join(FORMATS)}."
        raise Invalid(f"There is no format “{format[:40]}”. {message}", problems=(Problem("format", message),))
    checked = (filters or Filters()).checked()
    schema = versions.schema(project.pk)

    def content() -> Iterator[bytes]:
        with one_instant():
            yield from chosen.write(project, schema, checked)

    return Export(
        content=content(),
        content_type=chosen.content_type,
        filename=f"{project.slug}-{timezone.localdate().isoformat()}.{chosen.suffix}",
    )


def offered(project: Project) -> list[Format]:
    """Return the formats that make sense for a project: a ZIP of images only where there are images."""
    images = any(field.type == "image" for field in versions.schema(project.pk).fields)
    return [format for format in FORMATS.values() if images or format.name != "zip"]


def summary(project: Project) -> dict[str, int]:
    """Return how many tasks there are in each state."""
    counts = progress.counts([project.pk])[project.pk]
    return {
        TaskState.TODO: counts.todo,
        TaskState.LABELED: counts.labeled,
        TaskState.DISPUTED: counts.disputed,
        TaskState.QUARANTINED: counts.quarantined,
    }
