"""Gzip, piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_LEVEL = 4
"""A download waits for it: the best levels take several times as long to save a little more."""
_GZIP = 16 + zlib.MAX_WBITS


def compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces compressed, as one gzip file."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
