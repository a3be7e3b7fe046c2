"""Label colors."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labeling.kinds import palette


@given(st.integers(0, 0xFFFFFF))
def test_text_can_be_read_on_every_color(number: int) -> None:
    background = f"#{number:06x}"
    assert palette.contrast(background, palette.text_color(background)) >= 4.5


def test_the_palette_starts_with_okabe_and_ito_and_repeats_no_color() -> None:
    assert palette.PALETTE[:8] == palette.OKABE_ITO
    assert len(set(palette.PALETTE)) == len(palette.PALETTE) >= 36
    assert all(palette.HEX_COLOR.fullmatch(color) for color in palette.PALETTE)
    assert palette.color(len(palette.PALETTE)) == palette.color(0)


def _seen(color: str) -> tuple[float, float, float]:
    """Return a color in OKLab, where distance is what eyes see of it."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def test_many_labels_have_colors_of_their_own_and_the_further_ones_no_near_twin() -> None:
    assert len(palette.PALETTE) >= 60
    seen = [_seen(color) for color in palette.PALETTE]
    for place in range(38, len(seen)):
        assert min(math.dist(seen[place], other) for other in seen[:place]) > 0.06, palette.PALETTE[place]


def test_variants_of_a_hue_differ_in_lightness() -> None:
    for position, hue in enumerate(palette.OKABE_ITO[:-1]):
        family = [color for start in (8, 15, 23, 30) for color in [palette.PALETTE[start + position]]]
        levels = sorted(palette.luminance(color) for color in [hue, *family])
        assert all(high - low > 0.004 for low, high in pairwise(levels))


def test_contrast_is_that_of_wcag() -> None:
    assert palette.contrast("#000000", "#ffffff") == 21
    assert round(palette.contrast("#777777", "#ffffff"), 2) == 4.48


def test_labels_named_like_a_color_have_it_and_the_others_what_is_left() -> None:
    sky, blue, red, black = palette.OKABE_ITO[1], palette.OKABE_ITO[4], palette.OKABE_ITO[5], palette.OKABE_ITO[7]
    assert palette.colors_for(["Red", "other", "sky blue", "black"]) == [red, palette.OKABE_ITO[0], blue, black]
    # Named twice, the second is one of the others; named with another color, it means neither.
    assert palette.colors_for(["red", "dark red", "red or blue"]) == [red, palette.OKABE_ITO[0], sky]


def test_labels_without_a_color_in_their_names_have_the_palette_in_its_order() -> None:
    names = [f"label {number}" for number in range(len(palette.PALETTE) + 2)]
    assert palette.colors_for(names) == [palette.color(position) for position in range(len(names))]
    assert palette.color_named_in("coloured, bored, hundred") == ""


def test_every_color_word_leads_into_the_palette() -> None:
    assert set(palette.COLOR_WORDS.values()) <= set(palette.PALETTE)
