"""How measured numbers are written: never with more digits than they carry."""

from __future__ import annotations

from collections.abc import Sequence


def share(value: float | None) -> str:
    """Write a share with one decimal, with more only where that would be nothing: 5.3%, 0.04%."""
    if value is None:
        return "—"
    percent = 100 * value
    if percent and abs(percent) < 0.05:
        return f"{percent:.1g}%"
    return f"{percent:.1f}%"


def between(interval: Sequence[float] | None) -> str:
    """Write an interval of shares: 3.1 to 7.4%."""
    return "—" if not interval else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}%"


def decimals(value: float | None, places: int = 2) -> str:
    """Write a number with a few decimals."""
    return "—" if value is None else f"{value:.{places}f}"


def about(value: float | None) -> str:
    """Write an estimated count: whole from ten on, else with one decimal."""
    if value is None:
        return "—"
    return f"{value:,.0f}" if value >= 10 or round(value, 1).is_integer() else f"{value:.1f}"


def signed(value: float | None, places: int = 3) -> str:
    """Write a change with its sign, a minus that is one."""
    if value is None:
        return "—"
    return f"{value:+.{places}f}".replace("-", "\u2212")
