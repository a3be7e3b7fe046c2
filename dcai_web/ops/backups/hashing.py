"""Copying and hashing in one go."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from dcai_web.ops.backups.manifest import Content

_PIECE = 1 << 20


def copy_hashed(source: IO[bytes], target: IO[bytes]) -> Content:
    """Copy a file to its end and return what was copied."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_PIECE):
        target.write(piece)
        digest.update(piece)
        size += len(piece)
    return Content(sha256=digest.hexdigest(), size=size)


def content_of(file: IO[bytes]) -> Content:
    """Read a file to its end and return what is in it."""
    digest, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return Content(sha256=digest.hexdigest(), size=size)


def content_at(path: Path) -> Content:
    """Return what is in a file of this machine."""
    with path.open("rb") as file:
        return content_of(file)
