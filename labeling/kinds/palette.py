"""Colors for labels that color-blind people can tell apart, and the text color that can be read on them."""

from __future__ import annotations

import re

OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")
"""The eight colors of Okabe and Ito (2008), made to be told apart with any common color vision."""

HEX_COLOR = re.compile(r"#[0-9a-f]{6}")


def _mix(color: str, other: str, share: float) -> str:
    parts = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine * (1 - share) + theirs * share):02x}" for mine, theirs in parts)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


_HUES = OKABE_ITO[:-1]
PALETTE: tuple[str, ...] = (
    *OKABE_ITO,
    *(_mix(hue, "#ffffff", 0.6) for hue in _HUES),
    *(_mix(hue, "#000000", 0.5) for hue in _HUES),
    "#7f7f7f",
    *(_mix(hue, "#ffffff", 0.8) for hue in _HUES),
    *(_mix(hue, "#000000", 0.7) for hue in _HUES),
    "#c8c8c8",
)
"""Okabe-Ito first, then the same hues lighter and darker: lightness is what every kind of vision can see."""


def color(index: int) -> str:
    """Return the color of the label at a position; positions beyond the palette start over."""
    return PALETTE[index % len(PALETTE)]


def luminance(of: str) -> float:
    """Return the relative luminance of a color as WCAG 2 defines it, 0 (black) to 1 (white)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(of))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colors, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_color(background: str) -> str:
    """Return black or white, whichever is read more easily on the background (always 4.5 or more)."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(background, text))
