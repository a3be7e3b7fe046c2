"""Label colors."""

from __future__ import annotations

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
