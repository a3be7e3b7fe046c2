"""How numbers are written."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from quality.selectors import words


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0534, "5.3%"), (0.0004, "0.04%"), (0.00049, "0.05%"), (0.0, "0.0%"), (1.0, "100.0%"), (None, "—")],
)
def test_shares_never_become_nothing(value: float | None, written: str) -> None:
    assert words.share(value) == written


def test_intervals_counts_and_changes() -> None:
    assert words.between((0.031, 0.0744)) == "3.1 to 7.4%"
    assert words.between(None) == "—"
    assert [words.about(value) for value in (0.0, 3.0, 5.98, 4.26, 12.4, 1234.5)] == [
        "0", "3", "6", "4.3", "12", "1,234",
    ]  # fmt: skip
    assert words.signed(-0.0261) == "\u22120.026"
    assert words.signed(0.5, 1) == "+0.5"
    assert words.decimals(0.12345, 3) == "0.123"


def test_pages_write_them_the_same() -> None:
    page = Template("{% load measures %}{{ a|share }} {{ b|between }} {{ a|decimals:1 }} {{ a|signed }} {{ a|about }}")
    assert page.render(Context({"a": 0.25, "b": [0.1, 0.2]})) == "25.0% 10.0 to 20.0% 0.2 +0.250 0.2"
