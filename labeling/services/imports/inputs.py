"""What an import reads: a file that was sent, or a folder on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from labeling.errors import Invalid
from labeling.formats import Item, Row, SourceInfo, images_folder, read, sniff
from labeling.formats.images_zip import COLUMNS
from labeling.formats.rows import SAMPLE_ROWS
from labeling.formats.sizes import total_of
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
        yield _folder(Path(params.folder))
        return
    upload = _upload(params)
    if upload is None or not upload.file:
        message = "The file of this import is gone. Choose it again."
        raise Invalid(message)
    with upload.file.open("rb") as handle:
        file = cast("BinaryIO", handle)
        info = _told(sniff(file, upload.filename), params.options)
        total, by_row = total_of(file, info)
        yield Input(info=info, rows=lambda: read(file, info), total=total, tell=None if by_row else file.tell)


def _folder(folder: Path) -> Input:
    sample = tuple(item for item in islice(images_folder.read(folder), SAMPLE_ROWS * 50) if isinstance(item, Row))
    if not sample:
        message = f"There are no images in {folder}."
        raise Invalid(message)
    total = sum(1 for _ in images_folder.read(folder))
    info = SourceInfo("images_folder", columns=COLUMNS, sample=sample)
    return Input(info=info, rows=lambda: images_folder.read(folder), total=total)


def _told(found: SourceInfo, options: ImportOptions) -> SourceInfo:
    """Let what a person said about the text take the place of what was found out."""
    changes = {
        name: value
        for name, value in (("encoding", options.encoding), ("delimiter", options.delimiter))
        if value is not None and getattr(found, name) is not None
    }
    return SourceInfo.from_dict(found.as_dict() | changes) if changes else found


def done_with(params: ImportParams) -> None:
    """Delete the file of an import that is over; a folder is not ours to delete."""
    upload = _upload(params)
    if upload is not None:
        discard(upload)


def _upload(params: ImportParams) -> Upload | None:
    return None if params.upload is None else Upload.objects.filter(pk=params.upload).first()
