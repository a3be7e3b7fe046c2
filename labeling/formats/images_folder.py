"""A folder of images on the server (for operators; never reachable from the web).

It is no file: nobody sends it, and what it is called stands in the root of its `SourceInfo`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from labeling.formats.base import Format, Reading
from labeling.formats.images import IMAGE_SUFFIXES, MAX_FILE_BYTES
from labeling.formats.images_zip import SPLIT, columns_of, row_of
from labeling.formats.rows import SAMPLE_ROWS, FormatError, Item, Row, SourceInfo


@dataclass(frozen=True, slots=True)
class FolderFile:
    """One file below the folder."""

    path: Path

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name

    def read(self) -> bytes:
        """Return the content, or raise `FormatError` when it is too large."""
        if self.path.stat().st_size > MAX_FILE_BYTES:
            raise FormatError(f"{self.path.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below a folder; links that lead out of it do not exist."""

    root: Path

    def find(self, name: str) -> FolderFile | None:
        """Return the file of this relative name, or None."""
        root = self.root.resolve()
        path = (root / name).resolve()
        return FolderFile(path) if path.is_relative_to(root) and path.is_file() else None


def walk_folder(root: Path, *, splits: bool = False) -> Iterator[Item]:
    """Yield a row for every image file below the folder, in the order of their names; with `splits` with its split.

    Raises
    ------
    FormatError
        When the folder does not exist.
    """
    if not root.is_dir():
        raise FormatError(f"{root} is not a folder.")
    folder = Folder(root)
    number = 0
    for directory, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in sorted(names):
            path = Path(directory, name)
            if path.suffix.lower() not in IMAGE_SUFFIXES or name.startswith("._"):
                continue
            number += 1
            yield Row(number, row_of(path.relative_to(root).as_posix(), splits=splits), folder)


def look_into(root: Path) -> SourceInfo:
    """Return what a folder holds: enough of its files to tell whether their folders differ.

    Raises
    ------
    FormatError
        When it does not exist or holds no images.
    """
    sample = tuple(item for item in islice(walk_folder(root), SAMPLE_ROWS * 50) if isinstance(item, Row))
    if not sample:
        raise FormatError(f"There are no images in {root}.")
    columns = columns_of(str(item.values["image"]) for item in walk_folder(root) if isinstance(item, Row))
    return SourceInfo("images_folder", columns=columns, sample=sample, root=str(root))


def read_images_folder(_file: BinaryIO, source: SourceInfo) -> Iterator[Item]:
    """Yield the rows of the folder that the source names."""
    return walk_folder(Path(source.root or ""), splits=SPLIT in source.columns)


def count_files(_file: BinaryIO, source: SourceInfo) -> int:
    """Return how many images lie below the folder that the source names."""
    return sum(1 for _ in walk_folder(Path(source.root or "")))


FORMAT = Format(
    name="images_folder",
    title="Folder of images",
    noun="a folder of images on the server",
    reading=Reading(
        suffixes=(),
        fields=frozenset({"image"}),
        one_task="an image file; `manage.py import_folder PROJECT FOLDER --label QUESTION`",
        columns="`image`, `folder`, `name`, `split`",
        layout="Like a ZIP of images without a manifest, in a folder that the workers can read.",
        textual=False,
        nameless=lambda _source: True,
        read=read_images_folder,
        count_rows=count_files,
    ),
)
