"""Colors for labels that color-blind people can tell apart, and the text color that can be read on them."""

from __future__ import annotations

import re
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    # Steps between those, and hues between two of them: each lay farthest from all before it, as eyes see distance.
    "#78c15a", "#a29e6d", "#8f5575", "#007656", "#2b93ce", "#dba1c1", "#aa4b00", "#cec655",
    "#9196c8", "#008892", "#59c0a4", "#ac7700", "#739e3a", "#6a6859", "#2ba9ae", "#6676ac",
    "#b4ab32", "#d98c54", "#ad678e", "#738859", "#e8a673", "#6f95aa", "#9e7453", "#bd9333",
)  # fmt: skip
"""Okabe-Ito first, then the same hues lighter and darker: lightness is what every kind of vision can see."""


_ORANGE, _SKY, _GREEN, _YELLOW, _BLUE, _RED, _PURPLE, _BLACK = OKABE_ITO
COLOR_WORDS = {
    "orange": _ORANGE,
    "cyan": _SKY,
    "turquoise": _SKY,
    "green": _GREEN,
    "yellow": _YELLOW,
    "blue": _BLUE,
    "red": _RED,
    "pink": _PURPLE,
    "magenta": _PURPLE,
    "black": _BLACK,
    "gray": "#7f7f7f",
    "grey": "#7f7f7f",
    "brown": _mix(_RED, "#000000", 0.5),
    "navy": _mix(_BLUE, "#000000", 0.5),
    "white": "#c8c8c8",
    "purple": _mix(_PURPLE, "#000000", 0.5),
    "violet": _mix(_PURPLE, "#000000", 0.5),
    "silver": "#c8c8c8",
}
"""Words for colors, and what in the palette comes nearest to each."""


def color(index: int) -> str:
    """Return the color of the label at a position; positions beyond the palette start over."""
    return PALETTE[index % len(PALETTE)]


def color_named_in(text: str) -> str:
    """Return the color of the palette that a text names.

    Parameters
    ----------
    text : str
        Such as the name of a label: "red", "Green light".

    Returns
    -------
    str
        Empty if no color is named, or more than one.
    """
    named = {COLOR_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in COLOR_WORDS}
    return named.pop() if len(named) == 1 else ""


def colors_for(names: Sequence[str]) -> list[str]:
    """Return a color for each label: what its name says, else the next one that no name says.

    Parameters
    ----------
    names : sequence of str
        The labels in their order. Of two that name the same color, the first one gets it.

    Returns
    -------
    list of str
        As many as names; beyond the palette they start over.
    """
    said = [color_named_in(name) for name in names]
    said = [color if color not in said[:position] else "" for position, color in enumerate(said)]
    others = cycle([color for color in PALETTE if color not in said] or PALETTE)
    return [color or next(others) for color in said]


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
