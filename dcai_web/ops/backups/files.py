"""Files put back into the storage, and taken back if the rest fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from typing import IO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from dcai_web.ops.backups.hashing import content_of

_IN_MEMORY = 8 << 20


class Files:
    """Stores files, and knows how it was before."""

    def __init__(self) -> None:
        self._before: list[tuple[str, IO[bytes] | None]] = []

    def put(self, paths: Iterable[str], content: IO[bytes]) -> None:
        """Store a content at each of the paths, in place of another content there."""
        with _temporary() as fresh:
            shutil.copyfileobj(content, fresh)
            for path in paths:
                self._put(path, fresh)

    def take_back(self) -> None:
        """Leave the files as they were."""
        for path, old in self._before:
            default_storage.delete(path)
            if old is not None:
                old.seek(0)
                default_storage.save(path, File(old, name=path))

    def close(self) -> None:
        """Let go of what was kept."""
        for _, old in self._before:
            if old is not None:
                old.close()

    def _put(self, path: str, fresh: IO[bytes]) -> None:
        if not default_storage.exists(path):
            self._before.append((path, None))
        elif _same(old := _copy_of(path), fresh):
            old.close()
            return
        else:
            self._before.append((path, old))
            default_storage.delete(path)
        fresh.seek(0)
        default_storage.save(path, File(fresh, name=path))


def _copy_of(path: str) -> IO[bytes]:
    copy = _temporary()
    with default_storage.open(path) as there:
        shutil.copyfileobj(there, copy)
    return copy


def _same(one: IO[bytes], other: IO[bytes]) -> bool:
    one.seek(0)
    other.seek(0)
    return content_of(one) == content_of(other)


def _temporary() -> IO[bytes]:
    """Return a file on the disk for data, for as long as it is open; what is small stays in memory."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
    return cast("IO[bytes]", file)  # it can do what is asked of it
