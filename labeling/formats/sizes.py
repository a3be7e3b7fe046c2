"""How much there is to read, for the share that a progress bar shows."""

from __future__ import annotations

import io
from typing import BinaryIO

from labeling.formats import images_zip, parquet
from labeling.formats.rows import SourceInfo


def total_of(file: BinaryIO, source: SourceInfo) -> tuple[int, bool]:
    """Return how much there is, and whether it is counted in rows (else in bytes of the file)."""
    if source.format == "parquet":
        return int(parquet.open_file(file).metadata.num_rows), True
    if source.format == "images_zip":
        return len(images_zip.contents_of(file).entries), True
    return file.seek(0, io.SEEK_END), False
