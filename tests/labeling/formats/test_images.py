from __future__ import annotations

import io

import pytest
from PIL import Image

from labeling.formats import images
from labeling.formats.images import ImageRefused
from tests.pictures import huge_png, picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_allowed_kinds_are_recognised_by_content(kind: str) -> None:
    info = images.check(picture(kind))
    assert (info.width, info.height) == (60, 40)
    assert info.content_type == f"image/{kind.lower()}"
    assert not info.animated


def test_exif_orientation_turns_width_and_height_and_pixels() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = picture("JPEG", exif=exif)
    info = images.check(content)
    assert (info.width, info.height) == (40, 60)
    small = Image.open(io.BytesIO(images.variant(content, longest=256)))
    assert small.size == (40, 60)
    assert not small.getexif()


def test_metadata_does_not_reach_the_derived_sizes() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ada"
    content = picture("JPEG", size=(2000, 1000), exif=exif)
    assert b"Camera of Ada" in content
    for longest in images.VARIANTS.values():
        made = images.variant(content, longest=longest)
        assert b"Camera of Ada" not in made
        assert max(Image.open(io.BytesIO(made)).size) == longest


@pytest.mark.parametrize("size", [(30_000, 30_000), (12_000, 12_000)])
def test_a_bomb_is_refused_from_its_header(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("the bomb was decoded"))
    with pytest.raises(ImageRefused, match="million pixels"):
        images.check(huge_png(*size))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_truncated_files_are_refused(kind: str) -> None:
    content = picture(kind, size=(300, 300))
    with pytest.raises(ImageRefused, match=r"damaged|incomplete"):
        images.check(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"hello", bytes(100), b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(ImageRefused):
        images.check(content)


@pytest.mark.parametrize("content", [b"<svg xmlns='...'></svg>", b"\xef\xbb\xbf<?xml version='1.0'?><svg/>"])
def test_svg_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(ImageRefused, match="scripts"):
        images.check(content)


def test_animation_is_noted_and_the_first_frame_shown() -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(
        out, "GIF", save_all=True, append_images=[Image.new("RGB", (20, 20), "blue")]
    )
    assert images.check(out.getvalue()).animated
    shown = Image.open(io.BytesIO(images.variant(out.getvalue(), longest=20))).convert("RGB")
    pixel = shown.getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_can_be_shown(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 20)).save(out, "TIFF")
    assert Image.open(io.BytesIO(images.variant(out.getvalue(), longest=256))).width == 256


def test_a_small_image_keeps_every_pixel() -> None:
    out = io.BytesIO()
    Image.frombytes("L", (8, 8), bytes(range(0, 256, 4))).save(out, "PNG")
    shown = Image.open(io.BytesIO(images.variant(out.getvalue(), longest=256)))
    assert shown.size == (8, 8)
    assert shown.convert("L").tobytes() == bytes(range(0, 256, 4))
