"""Write a ZIP piece by piece, with nothing on disk and no more than a piece in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, cast


class _Sink(io.RawIOBase):
    """Takes what the ZIP writer gives; it cannot seek, so sizes follow the data."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def write_zip(members: Iterable[tuple[str, Iterable[bytes]]], *, stored: Sequence[str] = ()) -> Iterator[bytes]:
    """Yield a ZIP in pieces: members are (name, pieces of content); names ending in `stored` are not compressed."""
    sink = _Sink()
    with zipfile.ZipFile(cast("BinaryIO", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in members:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name.endswith(tuple(stored)) else zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as stream:
                for piece in pieces:
                    stream.write(piece)
                    if ready := sink.take():
                        yield ready
    yield sink.take()
