"""A store like an object store: no folder, no local paths, nothing but open, save, exists, size and delete."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

STORED: dict[str, bytes] = {}


class EndpointConnectionError(Exception):
    """What boto3 raises when nobody answers: an error of its own, and no OSError."""

    __module__ = "botocore.exceptions"


AWAY: list[Exception] = []
"""What everything raises while the store is away; nothing while it is there."""


def _reach() -> None:
    if AWAY:
        raise AWAY[0]


@deconstructible
class FarStorage(Storage):
    """Keeps files by name in this process. `path`, `listdir` and times are not there, as `Storage` leaves them."""

    def __init__(self, bucket_name: str = "") -> None:
        self.bucket_name = bucket_name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        _reach()
        if name not in STORED:
            raise FileNotFoundError(name)
        return File(io.BytesIO(STORED[name]), name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        _reach()
        STORED[name] = b"".join(content.chunks())
        return name

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        _reach()
        return name in STORED

    def size(self, name: str) -> int:
        """Return its length."""
        _reach()
        return len(STORED[name])

    def delete(self, name: str) -> None:
        """Forget it; one that is not there is no error."""
        STORED.pop(name, None)
