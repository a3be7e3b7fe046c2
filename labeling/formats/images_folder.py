"""A folder of images on the server (for operators; never reachable from the web)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labeling.formats.images import MAX_FILE_BYTES
from labeling.formats.images_zip import row_of
from labeling.formats.rows import FormatError, Item, Row

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


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


def read(root: Path) -> Iterator[Item]:
    """Yield a row for every image file below the folder, in the order of their names.

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
            if path.suffix.lower() not in _SUFFIXES or name.startswith("._"):
                continue
            number += 1
            yield Row(number, row_of(path.relative_to(root).as_posix()), folder)
