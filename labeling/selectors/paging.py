"""Pages by the last row seen: as fast at row 900,000 as at the first, and steady while rows are added."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows, and the cursor of the page after them (empty: there is none)."""

    rows: list[M]
    next_cursor: str


def keyset(queryset: QuerySet[M], *, order: str, cursor: str, size: int) -> Page[M]:
    """Return a page of rows ordered by one column that is never null (a leading "-": descending), then by id."""
    field, descending = order.removeprefix("-"), order.startswith("-")
    sign, beyond = ("-", "lt") if descending else ("", "gt")
    last = _read(cursor)
    if last is not None:
        value, pk = last
        after = Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"pk__{beyond}": pk})
        queryset = queryset.filter(after if field != "pk" else Q(**{f"pk__{beyond}": pk}))
    rows = list(queryset.order_by(*dict.fromkeys((order, f"{sign}pk")))[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows=rows, next_cursor=_write(_value(rows[-1], field), rows[-1].pk) if more else "")


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for part in path.split("__"):
        value = getattr(value, part)
    return value.isoformat() if isinstance(value, datetime) else value


def _write(value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, pk]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[Any, int] | None:
    """Return what a cursor says; one that was tampered with starts over."""
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        return None
    known = isinstance(value, str | int) and isinstance(pk, int) and not isinstance(pk, bool)
    return (value, pk) if known and abs(pk) < 2**62 and "\x00" not in str(value) else None
