"""Pages by the last row seen: as fast at row 900,000 as at the first, and steady while rows are added."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from labeling.errors import Invalid, Problem
from labeling.kinds.problems import unstorable

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows, and the cursor of the page after them (empty: there is none)."""

    rows: list[M]
    next_cursor: str


def keyset(queryset: QuerySet[M], *, order: str, cursor: str, size: int, strict: bool = False) -> Page[M]:
    """Return a page of rows ordered by one column that is never null (a leading "-": descending), then by id.

    A cursor that is none of this list starts over; when `strict`, it raises `Invalid`.
    """
    field, descending = order.removeprefix("-"), order.startswith("-")
    if cursor:
        try:
            queryset = queryset.filter(_after(cursor, field, "lt" if descending else "gt"))
        except (ValueError, TypeError, RecursionError, ValidationError) as error:
            if strict:
                message = "This cursor is not one of this list. Take the one of the page before, or start without."
                raise Invalid(message, problems=(Problem("cursor", message),)) from error
    rows = list(queryset.order_by(*dict.fromkeys((order, "-pk" if descending else "pk")))[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows=rows, next_cursor=_write(_value(rows[-1], field), rows[-1].pk) if more else "")


def _after(cursor: str, field: str, beyond: str) -> Q:
    """Return the condition for the rows after the one that a cursor names."""
    value, pk = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    known = isinstance(value, str | int | float) and isinstance(pk, int) and not isinstance(pk, bool)
    if not known or abs(pk) >= 2**62 or unstorable(str(value)):
        raise ValueError
    if field == "pk":
        return Q(**{f"pk__{beyond}": pk})
    # The first part follows from the others; it tells PostgreSQL where in the index to begin.
    return Q(**{f"{field}__{beyond}e": value}) & (
        Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"pk__{beyond}": pk})
    )


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for part in path.split("__"):
        value = getattr(value, part)
    return value.isoformat() if isinstance(value, datetime) else value


def _write(value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, pk]).encode()).decode().rstrip("=")
