"""Uploaded files: refused by their announced length, before a byte of them is written."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

ENVELOPE_BYTES = 1024 * 1024
"""What a multipart body may have besides its file."""


class Bounded(FileUploadHandler):
    """The first of the upload handlers: lets bodies through up to `UPLOAD_MAX_BYTES`, and handles no file itself."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse a body that says it is too long."""
        if content_length > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES:
            message = f"A file has at most {settings.UPLOAD_MAX_BYTES:,} bytes."
            raise RequestDataTooBig(message)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the data on to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


LEFT_BEHIND_SECONDS = 24 * 3600


def forget_left_behind() -> int:
    """Delete what servers that were killed left of files under way; return how many there were."""
    folder = settings.FILE_UPLOAD_TEMP_DIR
    forgotten = 0
    for path in Path(folder).glob("*.upload*") if folder else ():
        try:
            if path.stat().st_mtime < time.time() - LEFT_BEHIND_SECONDS:
                path.unlink()
                forgotten += 1
        except FileNotFoundError:
            continue  # its server was still at it
    return forgotten


class OnDataDisk(TemporaryFileUploadHandler):
    """Writes what arrives beside where it will stay: /tmp may be small, or memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file; its folder is made again if somebody has tidied it away."""
        if settings.FILE_UPLOAD_TEMP_DIR:
            Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().new_file(*args, **kwargs)
