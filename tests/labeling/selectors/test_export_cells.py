"""Cells that the database writes: the rule in SQL and the rule in Python are one, for any text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.formats.csv import FORMULA_LEADS, FORMULA_STARTS, escape
from labeling.selectors.exports.cells import compact_json, without_formula

pytestmark = pytest.mark.django_db
BOUNDED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STORED = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
CELL = st.text(STORED, max_size=8) | st.text(st.sampled_from([*FORMULA_STARTS, *FORMULA_LEADS, "a", "ü"]), max_size=8)
WORDS = st.text(STORED, max_size=8) | st.text(st.sampled_from(['"', "\\", ",", ":", " ", "'", "\n", "a"]), max_size=8)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def written(expression: str, cells: list[str]) -> list[str]:
    """Return what the database makes of each of the cells."""
    statement = f"SELECT {expression} FROM unnest(%s::text[]) WITH ORDINALITY AS given(cell, place) ORDER BY place"
    with connection.cursor() as cursor:
        cursor.execute(statement, (cells,))
        return [row[0] for row in cursor.fetchall()]


@given(cells=st.lists(CELL, min_size=1, max_size=50))
@BOUNDED
def test_no_cell_is_a_formula_by_the_rule_that_python_has(cells: list[str]) -> None:
    assert written(without_formula("cell"), cells) == [escape(cell) for cell in cells]


@given(values=st.lists(VALUE, min_size=1, max_size=20))
@BOUNDED
def test_json_loses_its_blanks_and_nothing_else(values: list[Any]) -> None:
    cells = [json.dumps(value) for value in values]
    (*shown,) = written(compact_json("cell::jsonb"), cells)
    assert [json.loads(cell) for cell in shown] == values
    for cell, value in zip(shown, values, strict=True):
        # The database puts the keys of an object in an order of its own.
        assert len(cell) == len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
