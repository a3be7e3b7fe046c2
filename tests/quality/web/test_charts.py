"""Numbers of charts: within the frame, in order, with round ticks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.web import charts
from quality.web.charts import Point

finite = st.floats(-1e6, 1e6, allow_nan=False)


def chart(*stretches: list[Point]) -> charts.Chart:
    return charts.line(stretches, write_x=str, write_y=str)


def point(x: float, y: float, half: float = 0.1) -> Point:
    return Point(x=x, y=y, low=y - half, high=y + half, words=f"{x}: {y}")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0.93, 1.12, [0.95, 1.0, 1.05, 1.1]),
        (3, 3, [3]),
        (0, 5e-324, [0]),
        (0, 97, [0, 25, 50, 75]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert charts.ticks(low, high) == expected


@given(st.lists(st.tuples(finite, finite, st.floats(0, 10)), min_size=1, max_size=8))
def test_everything_is_drawn_inside_the_frame(values: list[tuple[float, float, float]]) -> None:
    drawn = chart([point(*value) for value in values])
    for dot in drawn.dots:
        assert drawn.left <= dot.x <= drawn.right
        assert drawn.top <= dot.y <= drawn.bottom
    for band in drawn.bands:
        for pair in band.split(" "):
            x, y = (float(part) for part in pair.split(","))
            assert drawn.left <= x <= drawn.right
            assert drawn.top <= y <= drawn.bottom
    assert [dot.last for dot in drawn.dots].count(True) == 1


def test_higher_values_stand_higher_and_stretches_are_not_joined() -> None:
    drawn = chart([point(0, 1), point(10, 2)], [point(20, 3), point(30, 1.5)])
    assert [line.count(",") for line in drawn.lines] == [2, 2]
    assert [band.count(",") for band in drawn.bands] == [4, 4]
    assert drawn.dots[0].y > drawn.dots[1].y > drawn.dots[2].y
    assert drawn.dots[1].x < drawn.breaks[0] < drawn.dots[2].x


def test_runs_at_the_same_place_stand_above_each_other() -> None:
    drawn = chart([point(5, 1), point(5, 2)])
    assert drawn.dots[0].x == drawn.dots[1].x
    assert len(drawn.x_ticks) == 1
