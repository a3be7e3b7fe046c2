from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.models import User
from labeling.selectors.paging import keyset
from tests import factories

pytestmark = pytest.mark.django_db


def walk(order: str, size: int) -> list[int]:
    seen: list[int] = []
    cursor = ""
    while True:
        page = keyset(User.objects.all(), order=order, cursor=cursor, size=size)
        seen += [user.pk for user in page.rows]
        cursor = page.next_cursor
        if not cursor:
            return seen


@pytest.mark.parametrize("order", ["email", "-email", "name", "-name", "pk", "-pk", "date_joined", "-date_joined"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_every_row_comes_once_and_in_order_also_where_values_repeat(order: str, size: int) -> None:
    for number in range(7):
        factories.user(name="Same" if number % 2 else "Other")
    sign = "-" if order.startswith("-") else ""
    assert walk(order, size) == list(User.objects.order_by(order, f"{sign}pk").values_list("pk", flat=True))


def test_rows_added_meanwhile_shift_nothing() -> None:
    for letter in "bdf":
        factories.user(f"{letter}@example.org")
    first = keyset(User.objects.all(), order="email", cursor="", size=2)
    factories.user("a@example.org")
    second = keyset(User.objects.all(), order="email", cursor=first.next_cursor, size=2)
    assert [user.email[0] for user in (*first.rows, *second.rows)] == ["b", "d", "f"]


@given(cursor=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_cursor_breaks_the_page(cursor: str) -> None:
    assert keyset(User.objects.all(), order="email", cursor=cursor, size=2).next_cursor == ""
