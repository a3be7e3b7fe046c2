from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, ImageChops, ImageCms

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
    small = Image.open(io.BytesIO(images.variants(content)["thumb"]))
    assert small.size == (40, 60)
    assert not small.getexif()


def test_metadata_does_not_reach_the_derived_sizes() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ada"
    content = picture("JPEG", size=(2000, 1000), exif=exif)
    assert b"Camera of Ada" in content
    for name, made in images.variants(content).items():
        assert b"Camera of Ada" not in made
        assert max(Image.open(io.BytesIO(made)).size) == images.VARIANTS[name]


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
    shown = Image.open(io.BytesIO(images.variants(out.getvalue())["thumb"])).convert("RGB")
    pixel = shown.getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_can_be_shown(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 20)).save(out, "TIFF")
    assert Image.open(io.BytesIO(images.variants(out.getvalue())["thumb"])).width == 256


def test_a_small_image_keeps_every_pixel() -> None:
    out = io.BytesIO()
    Image.frombytes("L", (8, 8), bytes(range(0, 256, 4))).save(out, "PNG")
    shown = Image.open(io.BytesIO(images.variants(out.getvalue())["thumb"]))
    assert shown.size == (8, 8)
    assert shown.convert("L").tobytes() == bytes(range(0, 256, 4))


@pytest.mark.parametrize("size", [(5001, 777), (777, 5001), (7, 12_000)])
def test_a_large_image_made_small_in_bands_is_the_whole_of_it(size: tuple[int, int]) -> None:
    whole = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR).convert("RGB")
    out = io.BytesIO()
    whole.save(out, "PNG", compress_level=1)
    shown = Image.open(io.BytesIO(images.variants(out.getvalue())["screen"]))
    assert max(shown.size) == 1600
    assert min(shown.size) == max(1, round(min(size) * 1600 / max(size)))
    expected = whole.resize(shown.size, Image.Resampling.LANCZOS)
    differences = ImageChops.difference(shown.convert("RGB"), expected).convert("L").histogram()
    assert sum(differences[12:]) == 0


def test_a_profile_and_an_orientation_hold_for_the_whole_of_a_large_image() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (6000, 400), "red")
    image.paste("blue", (5400, 0, 6000, 400))
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif, icc_profile=profile)
    shown = Image.open(io.BytesIO(images.variants(out.getvalue())["screen"])).convert("RGB")
    assert shown.size == (107, 1600)
    top, bottom = shown.getpixel((50, 20)), shown.getpixel((50, 1500))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > 60 > top[0], "its right end is up"
    assert bottom[0] > 200 > 60 > bottom[2]


def test_what_may_take_much_memory_is_told_by_the_header() -> None:
    assert images.fits_here(picture("PNG", size=(300, 300)))
    assert images.fits_here(picture("TIFF"))
    assert not images.fits_here(picture("GIF")), "its frames may be larger than it says"
    assert not images.fits_here(huge_png(5000, 5000))


def test_a_tiff_of_small_size_and_huge_tiles_is_not_decoded_here() -> None:
    def tiled(side: int) -> bytes:
        tags = {256: 60, 257: 40, 258: 8, 259: 1, 262: 1, 277: 1, 322: side, 323: side, 324: 8, 325: 100}
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)

    assert images.fits_here(tiled(64))
    assert not images.fits_here(tiled(32_768))


def test_a_webp_may_have_fewer_pixels_than_others() -> None:
    out = io.BytesIO()
    Image.new("L", (10_000, 5_100)).save(out, "WEBP", quality=0, method=0)
    with pytest.raises(ImageRefused, match="50 million pixels are taken of a WebP"):
        images.check(out.getvalue())
