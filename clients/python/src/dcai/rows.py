"""Lists of a project: iterated over, or called with filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dcai.transport import Transport


class Rows:
    """One list of a project."""

    _NAME: str

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport = transport
        self._path = f"projects/{slug}"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self()

    def __call__(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield rows, page by page as they are needed; `filters` are those that the API has for the list."""
        return self._transport.pages(f"{self._path}/{self._NAME}/", {"limit": 1000, **filters})
