"""A list must need the same number of queries for one row and for many."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext


def assert_same_queries(read: Callable[[], object], *, add_rows: Callable[[], object]) -> None:
    """Assert that `read` needs no more queries after `add_rows` than before; show the SQL if it does."""
    read()  # what is looked up once per process (content types, caches) is not the list's doing
    few = _queries(read)
    add_rows()
    many = _queries(read)
    assert len(many) == len(few), "\n".join(
        [f"{len(few)} queries became {len(many)} with more rows. Now:", *many, "Before:", *few]
    )


def _queries(read: Callable[[], object]) -> list[str]:
    # Both readings start with an empty cache, whatever tests that run beside this one do to it.
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        read()
    return [query["sql"] for query in captured.captured_queries]
