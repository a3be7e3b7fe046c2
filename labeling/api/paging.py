"""Lists of the API: `results` and `next`, which cost the same on the first page and the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from django.db.models import Model
from pydantic import BaseModel, Field
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from labeling.api.reading import Query
from labeling.selectors.paging import keyset

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from rest_framework.request import Request

Row = TypeVar("Row", bound=Model)
MAX_LIMIT = 1000


class Page(Query):
    """Where a list goes on, and how many rows to return."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows to return.")] = 100
    cursor: Annotated[str, Field(max_length=500, description="The `next_cursor` of the page before.")] = ""


class Listed(BaseModel):
    """One page of a list; each list says what its `results` are."""

    next: str | None = Field(
        description="Address of the next page; null on the last.", json_schema_extra={"format": "uri"}
    )
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last.")


def listed(
    request: Request,
    rows: QuerySet[Row],
    page: Page,
    *,
    order: str,
    show: Callable[[list[Row]], list[dict[str, Any]]],
) -> Response:
    """Return one page of a list, in the order of a column that is never null and then of the id."""
    found = keyset(rows, order=order, cursor=page.cursor, size=page.limit, strict=True)
    address = request.build_absolute_uri()
    following = replace_query_param(address, "cursor", found.next_cursor) if found.next_cursor else None
    return Response({"results": show(found.rows), "next": following, "next_cursor": found.next_cursor or None})
