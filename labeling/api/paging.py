"""Keyset paging: `results` and `next`, which cost the same on the first page and the last."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from django.db.models import Q
from pydantic import Field
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from labeling.api.reading import MAX_INTEGER, Query
from labeling.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model, QuerySet
    from rest_framework.request import Request

Row = TypeVar("Row", bound="Model")
MAX_LIMIT = 1000


class Page(Query):
    """Where a list goes on, and how many rows to return."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows to return.")] = 100
    cursor: Annotated[str, Field(max_length=500, description="From the `next` of the page before.")] = ""


def listed(
    request: Request,
    rows: QuerySet[Row],
    page: Page,
    *,
    key: Sequence[str],
    show: Callable[[list[Row]], list[dict[str, Any]]],
) -> Response:
    """Return one page of a list, in the order of `key`.

    All parts of the key run in the same direction (``("-updated_at", "-id")``) and together they are unique.
    """
    if page.cursor:
        rows = rows.filter(_after(key, _read(page.cursor, key)))
    found = list(rows.order_by(*key)[: page.limit + 1])
    shown, more = found[: page.limit], len(found) > page.limit
    following = None
    if more:
        cursor = _write([getattr(shown[-1], part.removeprefix("-")) for part in key])
        following = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return Response({"results": show(shown), "next": following})


def _after(key: Sequence[str], values: Sequence[Any]) -> Q:
    condition = Q()
    equal = Q()
    for part, value in zip(key, values, strict=True):
        name = part.removeprefix("-")
        beyond = f"{name}__{'lt' if part.startswith('-') else 'gt'}"
        condition |= equal & Q(**{beyond: value})
        equal &= Q(**{name: value})
    return condition


def _write(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read(cursor: str, key: Sequence[str]) -> list[Any]:
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return [_value(value, part) for value, part in zip(values, key, strict=True)]
    except (ValueError, TypeError, RecursionError):
        message = "This cursor is not one of this list. Use the address in `next`, or start without a cursor."
        raise Invalid(message, problems=[Problem("cursor", message)]) from None


def _value(value: Any, part: str) -> Any:
    if part.endswith("_at"):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
        raise ValueError
    return value
