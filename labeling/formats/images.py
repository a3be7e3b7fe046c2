"""Images: checked without trust, turned upright, and made smaller. Pure Pillow, bytes in and out."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from labeling.formats.rows import FormatError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000
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

ALLOWED = "PNG, JPEG, WebP, GIF, BMP or TIFF"
_LOSSLESS_BELOW = 64 * 64
_ORIENTATION = 0x0112
_SWAPPED = {5, 6, 7, 8}


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
        if width * height > MAX_PIXELS:
            raise ImageRefused(
                f"The image is {width:,} x {height:,} pixels; at most {MAX_PIXELS // 1_000_000} million pixels "
                "(10,000 x 10,000) are taken. Scale it down."
            )
        if width < 1 or height < 1:
            raise ImageRefused("The image has no pixels.")
        yield image


def looks_like_svg(content: bytes) -> bool:
    """Tell whether the bytes are an SVG (or another XML) document."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg"))


def check(content: bytes) -> ImageInfo:
    """Return what the image is, after decoding all of it once.

    Raises
    ------
    ImageRefused
        When it is too large, damaged, truncated, or of another kind.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ImageRefused(f"The file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB.")
    if not content:
        raise ImageRefused("The file is empty.")
    with _opened(content) as image:
        width, height = image.size
        kind = image.format or ""
        try:
            animated = kind in {"GIF", "WEBP", "PNG"} and bool(getattr(image, "is_animated", False))
            image.seek(0)
            orientation = image.getexif().get(_ORIENTATION, 1)
            if kind == "JPEG":
                # Reads every byte (so a missing end is noticed) at an eighth of the size.
                image.draft(image.mode, (max(1, width // 8), max(1, height // 8)))
            image.load()
        except Exception as error:
            raise ImageRefused("The image is damaged or incomplete: it cannot be decoded to the end.") from error
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


def variant(content: bytes, *, longest: int) -> bytes:
    """Return the image upright, at most `longest` pixels on its longer side, as WebP without metadata.

    Small images keep their size and are stored without loss, so that not a pixel of an 8 x 8 digit changes.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    with _opened(content) as image:
        try:
            if image.format == "JPEG":
                image.draft("RGB", (longest, longest))
            image.seek(0)
            upright = ImageOps.exif_transpose(image)
            shown = _displayable(upright)
            shown.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
            out = io.BytesIO()
            lossless = shown.width * shown.height <= _LOSSLESS_BELOW
            shown.info.clear()
            shown.save(out, "WEBP", quality=82, method=3, lossless=lossless, exact=lossless)
        except Exception as error:
            raise ImageRefused("The image is damaged or incomplete: it cannot be decoded to the end.") from error
    return out.getvalue()


def _displayable(image: Image.Image) -> Image.Image:
    """Return the image as 8-bit sRGB, with transparency where it had some."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        low, high = (float(bound) for bound in cast("tuple[float, float]", image.getextrema()))
        scale = 255 / ((high - low) or 1)
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L").convert("RGB")
    alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a broken profile says nothing about the colors
        if converted is not None:
            return converted
    return image.convert("RGBA" if alpha else "RGB")
