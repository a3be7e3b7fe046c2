"""Images: checked without trust, turned upright, and made smaller. Pure Pillow, bytes in and out.

What is done here takes memory by the number of pixels: `fits_here` says whether that is little. Everything else is for
`decoding`, which does the same in a process of its own with a bound.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from labeling.formats.rows import FormatError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000
# libwebp keeps four copies of what it decodes.
MAX_WEBP_PIXELS = 50_000_000
SMALL_PIXELS = 16_000_000
MAX_FILE_BYTES = 64 * 1024 * 1024
VARIANTS = {"thumb": 256, "screen": 1600}
VARIANT_TYPE = "image/webp"

CONTENT_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
# MPO (several pictures of one camera shot in a JPEG) is what the JPEG reader may find, no reader of its own.
_OPENED = [kind for kind in CONTENT_TYPES if kind != "MPO"]
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
}
"""The endings that files get when they leave, by what they are."""

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
"""The endings that images come with."""

_FIRST_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")

ALLOWED = "PNG, JPEG, WebP, GIF, BMP or TIFF"
# How much memory these take follows from the pixels that their headers tell; a GIF's frames may be larger than the
# picture, and so may a TIFF's tiles.
_BOUNDED_BY_HEADER = {"PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF"}
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_LOSSLESS_BELOW = 64 * 64
_ORIENTATION = 0x0112
_SWAPPED = {5, 6, 7, 8}
# Before the last step, which is the good and slow one, a picture is made this many times larger than wanted.
_GAP = 3
_BAND_PIXELS = 2_000_000


class ImageRefused(FormatError):
    """The file is no image we take; the message says why."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known of a checked image.

    Parameters
    ----------
    sha256
        Hash of the file's bytes as they came.
    content_type
        What the bytes are, whatever the name says.
    width, height
        Pixels, after turning the image upright (EXIF orientation).
    size
        Length of the file in bytes.
    animated
        True when there are more frames; only the first is shown.
    """

    sha256: str
    content_type: str
    width: int
    height: int
    size: int
    animated: bool


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """Open the image, header only; every way a bad file can fail becomes one sentence."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - loaded by who opens one

    # Pillow's own guard: a header above twice this many pixels raises, one above it warns.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    if looks_like_svg(content):
        raise ImageRefused("SVG is refused because it can carry scripts; export the picture as PNG.")
    too_many = ImageRefused(
        f"The image has more than {MAX_PIXELS // 1_000_000} million pixels; scale it down to at most 10,000 x 10,000."
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=_OPENED)
    except Image.DecompressionBombError:
        raise too_many from None
    except UnidentifiedImageError:
        raise ImageRefused(f"This is not an image of a kind that is taken ({ALLOWED}), or it is damaged.") from None
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, OverflowError, MemoryError) as error:
        raise ImageRefused("The image is damaged: its header cannot be read.") from error
    with image:
        width, height = image.size
        most = MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
        if width * height > most:
            raise ImageRefused(
                f"The image is {width:,} x {height:,} pixels; at most {most // 1_000_000} million pixels are taken"
                f"{' of a WebP; PNG and JPEG may have more' if image.format == 'WEBP' else ''}. Scale it down."
            )
        if width < 1 or height < 1:
            raise ImageRefused("The image has no pixels.")
        yield image


def looks_like_image(head: bytes) -> bool:
    """Tell by its first bytes whether a file is an image of a kind that is taken."""
    return head.startswith(_FIRST_BYTES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def looks_like_svg(content: bytes) -> bool:
    """Tell whether the bytes are an SVG (or another XML) document."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg"))


def fits_here(content: bytes) -> bool:
    """Tell from the header whether decoding the image takes little memory, whatever else is in the file.

    Raises
    ------
    ImageRefused
        When the header says that it is too large, damaged, or of another kind.
    """
    with _opened(content) as image:
        tags = getattr(image, "tag_v2", {})
        tile = [side for side in (tags.get(_TILE_WIDTH, 1), tags.get(_TILE_LENGTH, 1)) if isinstance(side, int)]
        pixels = max(image.width * image.height, math.prod(tile))
        return image.format in _BOUNDED_BY_HEADER and len(tile) == 2 and pixels <= SMALL_PIXELS


@contextmanager
def _decoding() -> Iterator[None]:
    """Make one sentence of every way in which decoding can fail."""
    try:
        yield
    except MemoryError:
        raise ImageRefused(
            "The image takes more memory to open than there is for one. Scale it down, or save it as an ordinary "
            "PNG or JPEG."
        ) from None
    except Exception as error:
        raise ImageRefused("The image is damaged or incomplete: it cannot be decoded to the end.") from error


def check(content: bytes) -> ImageInfo:
    """Return what the image is, after decoding all of it once.

    Raises
    ------
    ImageRefused
        When it is too large, damaged, truncated, or of another kind.
    """
    check_length(content)
    with _opened(content) as image:
        width, height = image.size
        kind = image.format or ""
        with _decoding():
            animated = kind in {"GIF", "WEBP", "PNG"} and bool(getattr(image, "is_animated", False))
            image.seek(0)
            orientation = image.getexif().get(_ORIENTATION, 1)
            if kind == "JPEG":
                # Reads every byte (so a missing end is noticed) at an eighth of the size.
                image.draft(image.mode, (max(1, width // 8), max(1, height // 8)))
            image.load()
    if orientation in _SWAPPED:
        width, height = height, width
    return ImageInfo(
        sha256=hashlib.sha256(content).hexdigest(),
        content_type=CONTENT_TYPES[kind],
        width=width,
        height=height,
        size=len(content),
        animated=animated,
    )


def check_length(content: bytes) -> None:
    """Refuse a file by its length alone."""
    if len(content) > MAX_FILE_BYTES:
        raise ImageRefused(f"The file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB.")
    if not content:
        raise ImageRefused("The file is empty.")


def variants(content: bytes) -> dict[str, bytes]:
    """Return the image in each of the `VARIANTS`: upright, no longer than that, as WebP without metadata.

    Small images keep their size and are stored without loss, so that not a pixel of an 8 x 8 digit changes.

    Raises
    ------
    ImageRefused
        When it cannot be decoded.
    """
    largest = max(VARIANTS.values())
    with _opened(content) as image, _decoding():
        if image.format == "JPEG":
            image.draft("RGB", (largest, largest))
        image.seek(0)
        image.load()
        shown = _upright(_displayed(image, largest), image.getexif().get(_ORIENTATION, 1))
    with _decoding():
        return {name: _packed(shown, longest) for name, longest in VARIANTS.items()}


def _packed(image: Image.Image, longest: int) -> bytes:
    from PIL import Image  # noqa: PLC0415 - as above

    small = image.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=float(_GAP))
    small.info.clear()
    lossless = small.width * small.height <= _LOSSLESS_BELOW
    out = io.BytesIO()
    small.save(out, "WEBP", quality=82, method=3, lossless=lossless, exact=lossless)
    return out.getvalue()


def _displayed(image: Image.Image, longest: int) -> Image.Image:
    """Return the image as 8-bit sRGB, with transparency where it had some, at most `longest` on its longer side.

    Band by band: beside the image as it was decoded there is never a second one of its size.
    """
    from PIL import Image  # noqa: PLC0415 - as above

    convert = _converter(image)
    width, height = image.size
    factor = math.ceil(max(width, height) / (_GAP * longest))
    wide, high = math.ceil(width / factor), math.ceil(height / factor)
    step = max(1, _BAND_PIXELS // (width * factor))  # rows of the result
    result: Image.Image | None = None
    for top in range(0, high, step):
        bottom = min(height, (top + step) * factor)
        band = convert(image.crop((0, top * factor, width, bottom)))
        if factor > 1:
            band = band.reduce(factor)
        if result is None:
            result = Image.new(band.mode, (wide, high))
        result.paste(band, (0, top))
    assert result is not None  # noqa: S101 - an image without pixels is not opened
    scale = longest / max(width, height)
    if scale >= 1:
        return result
    wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
    # The last row and column of the reduced image may stand for fewer pixels than the others.
    return result.resize(wanted, Image.Resampling.LANCZOS, box=(0, 0, width / factor, height / factor))


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Return what makes a part of the image 8-bit sRGB, with transparency where the whole had some."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    if image.mode.startswith("I") or image.mode == "F":
        low, high = (float(bound) for bound in cast("tuple[float, float]", image.getextrema()))
        scale = 255 / ((high - low) or 1)
        return lambda part: (
            part.convert("F").point(lambda value: value * scale - low * scale).convert("L").convert("RGB")
        )
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
        except (ImageCms.PyCMSError, OSError):
            transform = None  # a broken profile says nothing about the colors
        if transform is not None:
            return lambda part: ImageCms.applyTransform(part, transform) or part
    alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    return lambda part: part.convert("RGBA" if alpha else "RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    from PIL import Image  # noqa: PLC0415 - as above

    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)
