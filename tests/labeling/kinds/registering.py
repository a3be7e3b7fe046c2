"""Kinds that only a test knows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeling.kinds.registry import KINDS, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.kinds.registry import Kind


@contextmanager
def registered(kind: Kind) -> Iterator[None]:
    """Offer a kind for the time of a block, as if it had its line in the registry."""
    register(kind)
    try:
        yield
    finally:
        del KINDS[kind.NAME]
