"""A limit to what reading a file may take of memory, whatever a library makes of the file."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labeling.formats.rows import FormatError

ROOM_BYTES = 1024**3
_STATM = Path("/proc/self/statm")
_lock = threading.Lock()
_bounds: list[tuple[int, int]] = []
"""The limit that held before the first of those who read now; the limit is the process's, and goes with the last."""


@contextmanager
def bounded_memory(room: int = ROOM_BYTES) -> Iterator[None]:
    """Let this process take no more than so much memory on top of what it has; a system that cannot tell sets no limit.

    Raises
    ------
    FormatError
        When it was not enough.
    """
    with _lock:
        _bounds.append(resource.getrlimit(resource.RLIMIT_AS))
        before = _bounds[0]
        if _STATM.exists():
            taken = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
            limits = [taken + room, *(limit for limit in before if limit != resource.RLIM_INFINITY)]
            resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    try:
        yield
    except MemoryError:
        raise FormatError(
            f"Reading this file takes more than {room // 1024**2:,} MB of memory, far more than its rows should: "
            "write it with smaller values or smaller row groups."
        ) from None
    finally:
        with _lock:
            before = _bounds[0]
            _bounds.pop()
            if not _bounds:
                resource.setrlimit(resource.RLIMIT_AS, before)
