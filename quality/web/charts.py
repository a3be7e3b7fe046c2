"""Line charts as plain numbers that a template writes into SVG: the content policy allows no inline styles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 40
LEAST_RANGE = 1e-9
"""Values closer to each other are one value: ticks are rounded to ten places."""


@dataclass(frozen=True, slots=True)
class Point:
    """A measured value with its interval, what it is drawn at, and what a pointer on it reads."""

    x: float
    y: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point in the chart's own pixels."""

    x: float
    y: float
    words: str
    last: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a template draws.

    Parameters
    ----------
    lines, bands
        One per stretch of comparable points, as SVG `points`.
    dots
        The points; the last one carries its value.
    limit
        Where a value stands that is not to be passed, along the vertical axis.
    breaks
        Where the stretches part, along the horizontal axis.
    middle, center
        Where the titles of the axes stand.
    """

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    lines: list[str]
    bands: list[str]
    dots: list[Dot]
    breaks: list[float]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    middle: float
    center: float
    limit: float | None = None


def line(
    stretches: Sequence[Sequence[Point]],
    *,
    write_x: Callable[[float], str],
    write_y: Callable[[float], str],
    limit: float | None = None,
) -> Chart:
    """Return the chart of one measure; a stretch is drawn as one line with its interval as a band."""
    points = [point for stretch in stretches for point in stretch]
    x = _scale([point.x for point in points], LEFT, WIDTH - RIGHT, pad=0.06)
    ends_of_y = [value for point in points for value in (point.low, point.high)]
    ends_of_y += [] if limit is None else [limit]
    y = _scale(ends_of_y, HEIGHT - BOTTOM, TOP, pad=0.04)
    ends = [(before[-1].x, after[0].x) for before, after in pairwise(stretches)]
    dots = [Dot(_px(x(point.x)), _px(y(point.y)), point.words, last=point is points[-1]) for point in points]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        lines=[_path((x(point.x), y(point.y)) for point in stretch) for stretch in stretches],
        bands=[
            _path(
                [(x(point.x), y(point.high)) for point in stretch]
                + [(x(point.x), y(point.low)) for point in reversed(stretch)]
            )
            for stretch in stretches
        ],
        dots=dots,
        breaks=[_px((x(before) + x(after)) / 2) for before, after in ends],
        x_ticks=[Tick(_px(x(value)), write_x(value)) for value in _whole_ticks([point.x for point in points])],
        y_ticks=[Tick(_px(y(value)), write_y(value)) for value in ticks(min(ends_of_y), max(ends_of_y))],
        middle=(LEFT + WIDTH - RIGHT) / 2,
        center=(TOP + HEIGHT - BOTTOM) / 2,
        limit=None if limit is None else _px(y(limit)),
    )


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Return a few round values from `low` to `high`."""
    if high - low < LEAST_RANGE:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _whole_ticks(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    found = [value for value in ticks(low, high) if float(value).is_integer()]
    return found if len(found) > 1 else sorted({low, high})


def _scale(values: Sequence[float], start: float, end: float, *, pad: float) -> Callable[[float], float]:
    low, high = min(values), max(values)
    room = (high - low) * pad if high > low else 1.0
    low, high = low - room, high + room

    def scaled(value: float) -> float:
        return start + (value - low) / (high - low) * (end - start)

    return scaled


def _px(value: float) -> float:
    return round(value, 1)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
