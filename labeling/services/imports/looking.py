"""A look at a file before its import: by another process, a few at a time."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from labeling.errors import Unavailable
from labeling.formats.preview import look_at

if TYPE_CHECKING:
    from typing import IO

    from django.core.files.base import File

    from labeling.formats import SourceInfo

AT_ONCE = 2
PATIENCE_SECONDS = 30.0

_turns = threading.BoundedSemaphore(AT_ONCE)


def look_into(file: File[Any], filename: str) -> SourceInfo:
    """Return what a file is and its first rows.

    Raises
    ------
    FormatError
        When it is nothing that can be imported.
    Unavailable
        When so many files are being looked at that this one did not have its turn.
    """
    if not _turns.acquire(timeout=PATIENCE_SECONDS):
        message = "Many files are being looked at right now. Try again in a minute."
        raise Unavailable(message)
    try:
        with _on_disk(file) as kept:
            return look_at(kept, filename)
    finally:
        _turns.release()


@contextmanager
def _on_disk(file: File[Any]) -> Iterator[IO[bytes]]:
    """Give a file that another process can read: what a storage holds in memory is written down for the time."""
    try:
        file.fileno()
    except (AttributeError, UnsupportedOperation):
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as kept:
            file.seek(0)
            shutil.copyfileobj(file, kept)
            kept.seek(0)
            yield kept
    else:
        file.seek(0)
        yield cast("IO[bytes]", file)
