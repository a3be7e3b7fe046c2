"""Pages by the last row seen."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.errors import Invalid
from labeling.models import JobRun
from labeling.selectors.paging import keyset

pytestmark = pytest.mark.django_db


def as_cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("order", ["pk", "-pk", "kind", "-kind", "created_at", "-created_at"])
def test_pages_together_are_the_list_whatever_the_size(order: str) -> None:
    now = timezone.now()
    for number in range(9):
        job = JobRun.objects.create(kind=f"kind {number % 3}")
        JobRun.objects.filter(pk=job.pk).update(created_at=now - timedelta(seconds=number % 4))
    wanted = list(JobRun.objects.order_by(order, "-pk" if order.startswith("-") else "pk"))
    for size in (1, 2, 4, 9, 10):
        seen, cursor = [], ""
        while True:
            page = keyset(JobRun.objects.all(), order=order, cursor=cursor, size=size)
            seen += page.rows
            if not (cursor := page.next_cursor):
                break
        assert seen == wanted


@pytest.mark.parametrize("order", ["pk", "-kind", "created_at", "done"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x", "ä", "W10", "=", "\x00",
        *(as_cursor(value) for value in (
            [], None, 5, [1], [1, 2, 3], ["a", None], [None, 1], [[], 1], ["a\x00", 1], ["\ud800", 1], [1, True],
            [1, 2**70], ["2020-13-01", "1"],
        )),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_starts_over_or_is_refused(order: str, cursor: str) -> None:
    job = JobRun.objects.create(kind="one")
    assert keyset(JobRun.objects.all(), order=order, cursor=cursor, size=5).rows == [job]
    with pytest.raises(Invalid) as caught:
        keyset(JobRun.objects.all(), order=order, cursor=cursor, size=5, strict=True)
    assert [problem.path for problem in caught.value.problems] == ["cursor"]


@pytest.mark.parametrize(("order", "value"), [("created_at", "yesterday"), ("done", "many"), ("created_at", 5)])
def test_a_cursor_of_another_list_starts_over(order: str, value: Any) -> None:
    job = JobRun.objects.create(kind="one")
    assert keyset(JobRun.objects.all(), order=order, cursor=as_cursor([value, 1]), size=5).rows == [job]
