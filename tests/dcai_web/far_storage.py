"""A store like an object store: no folder, no local paths, nothing but open, save, exists, size and delete."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

STORED: dict[str, bytes] = {}


@deconstructible
class FarStorage(Storage):
    """Keeps files by name in this process. `path`, `listdir` and times are not there, as `Storage` leaves them."""

    def __init__(self, bucket_name: str = "") -> None:
        self.bucket_name = bucket_name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        if name not in STORED:
            raise FileNotFoundError(name)
        return File(io.BytesIO(STORED[name]), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        STORED[name] = b"".join(content.chunks())
        return name

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return name in STORED

    def size(self, name: str) -> int:
        """Return its length."""
        return len(STORED[name])

    def delete(self, name: str) -> None:
        """Forget it; one that is not there is no error."""
        STORED.pop(name, None)
