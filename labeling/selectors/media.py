"""Media as they are served: what a member may see, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.errors import NotFound
from labeling.formats import images
from labeling.models import Media, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.models import Project

VARIANTS = ("original", *images.VARIANTS)


@dataclass(frozen=True, slots=True)
class Served:
    """A file to send: open, with its type and its length."""

    file: IO[Any]
    content_type: str
    size: int


def path_of(sha256: str, variant: str) -> str:
    """Return where a variant of an image is stored."""
    return f"media/{sha256[:2]}/{sha256}/{variant}"


def stored_files() -> Iterator[str]:
    """Yield the path of every stored file that a row speaks of."""
    media = Media.objects.order_by("sha256").values_list("sha256", "variants_at")
    for sha256, variants_at in media.iterator(chunk_size=5_000):
        for variant in VARIANTS if variants_at else ("original",):
            yield path_of(sha256, variant)
    # An upload whose import is over has no file any more.
    yield from Upload.objects.exclude(file="").order_by("id").values_list("file", flat=True).iterator()


def known(project: Project, sha256: str) -> Media:
    """Return the image if the project may show it."""
    media = Media.objects.filter(pk=sha256, links__project=project).first()
    if media is None:
        raise NotFound
    return media


def served(media: Media, variant: str) -> Served:
    """Return a variant of an image; a small size that no job has made yet is made now."""
    if variant not in VARIANTS:
        raise NotFound
    original = path_of(media.sha256, "original")
    try:
        if variant == "original":
            return Served(default_storage.open(original), media.content_type, media.bytes)
        if media.variants_at is not None:
            path = path_of(media.sha256, variant)
            return Served(default_storage.open(path), images.VARIANT_TYPE, default_storage.size(path))
        with default_storage.open(original) as file:
            small = images.variant(file.read(), longest=images.VARIANTS[variant])
    except (OSError, images.ImageRefused) as error:
        message = "The file of this image is missing or damaged. Ask the person who runs this site."
        raise NotFound(message) from error
    return Served(ContentFile(small), images.VARIANT_TYPE, len(small))
