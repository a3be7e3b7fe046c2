"""What an import reads: a file that was sent, or a folder on the server."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from labeling.errors import Invalid
from labeling.formats import Item, SourceInfo, images_folder, read_source, sniff
from labeling.formats.registry import reading_of
from labeling.models import Upload
from labeling.services.imports.uploading import discard

if TYPE_CHECKING:
    from labeling.models.imports import ImportOptions, ImportParams


@dataclass(frozen=True, slots=True)
class Input:
    """Rows to read, and how far the reading is.

    Parameters
    ----------
    rows
        Starts reading from the beginning.
    total
        How much there is to read: rows, or bytes when `tell` is given.
    tell
        How many bytes were read; None: rows are counted.
    """

    info: SourceInfo
    rows: Callable[[], Iterator[Item]]
    total: int
    tell: Callable[[], int] | None = None


@contextmanager
def opened(params: ImportParams) -> Iterator[Input]:
    """Open what the job's parameters name.

    Raises
    ------
    Invalid
        When it is gone, or nothing that can be imported.
    """
    if params.folder is not None:
        yield _input(io.BytesIO(), images_folder.look_into(Path(params.folder)))
        return
    upload = _upload(params)
    if upload is None or not upload.file:
        message = "The file of this import is gone. Choose it again."
        raise Invalid(message)
    with upload.file.open("rb") as handle:
        file = cast("BinaryIO", handle)
        yield _input(file, _told(sniff(file, upload.filename), params.options))


def _input(file: BinaryIO, info: SourceInfo) -> Input:
    reading = reading_of(info)
    total = reading.total(file, info)
    return Input(
        info=info,
        rows=lambda: read_source(file, info),
        total=total.amount,
        tell=None if total.in_rows else file.tell,
    )


def _told(found: SourceInfo, options: ImportOptions) -> SourceInfo:
    """Let what a person said about the text take the place of what was found out."""
    encoding = options.encoding if found.encoding is not None else None
    delimiter = options.delimiter if found.delimiter is not None else None
    if encoding is None and delimiter is None:
        return found
    return replace(
        found,
        encoding=encoding or found.encoding,
        delimiter=delimiter or found.delimiter,
        sample=(),
        problems=(),
        notes=(),
    )


def done_with(params: ImportParams) -> None:
    """Delete the file of an import that is over; a folder is not ours to delete."""
    upload = _upload(params)
    if upload is not None:
        discard(upload)


def _upload(params: ImportParams) -> Upload | None:
    return None if params.upload is None else Upload.objects.filter(pk=params.upload).first()
