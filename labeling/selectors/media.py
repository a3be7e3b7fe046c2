"""Media as they are served: what a member may see, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.errors import NotFound, StoreAway, store_is_away
from labeling.formats import images
from labeling.models import Media, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.models import Project

VARIANTS = ("original", *images.VARIANTS)
TRY_AGAIN_AFTER = timedelta(minutes=10)
"""For so long the sizes of a file that could not be read are not asked for again: somebody may have put it back."""

_MISSING = "The file of this image is missing or damaged. Ask the person who runs this site."


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


def served(media: Media, variant: str) -> Served | None:
    """Return a variant of an image; None while no worker has made that size."""
    if variant not in VARIANTS:
        raise NotFound
    path = path_of(media.sha256, variant)
    try:
        if variant == "original":
            return Served(default_storage.open(path), media.content_type, media.bytes)
        if media.variants_at is not None:
            return Served(default_storage.open(path), images.VARIANT_TYPE, default_storage.size(path))
    except OSError as error:
        if store_is_away(error):
            raise StoreAway from error
        raise NotFound(_MISSING) from error
    if media.failed_at is not None and timezone.now() - media.failed_at < TRY_AGAIN_AFTER:
        raise NotFound(_MISSING)
    return None
