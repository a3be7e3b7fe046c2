"""Media: stored once by the SHA-256 of their content, in three sizes, linked to the projects that may show them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from labeling.errors import Conflict, disk_is_full
from labeling.formats import images
from labeling.models import Media, MediaLink
from labeling.models.documents import JsonDocument
from labeling.selectors.media import path_of
from labeling.services import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.models import Project, User

logger = logging.getLogger(__name__)

THUMBNAILS = "labeling.thumbnails"
_BATCH = 50


class ThumbnailsResult(JsonDocument):
    """How many images have their small sizes now, and how many could not be read."""

    made: int
    failed: int


def store_media(content: bytes, info: images.ImageInfo) -> bool:
    """Store a checked image's bytes, unless they are there; returns whether they are new.

    A file that a killed process left half written is told by its size and written anew.
    """
    path = path_of(info.sha256, "original")
    if default_storage.exists(path):
        if default_storage.size(path) == info.size:
            return False
        default_storage.delete(path)
    default_storage.save(path, ContentFile(content))
    return True


def link(project_id: int, infos: Iterable[images.ImageInfo]) -> None:
    """Let a project show stored images; to be called within the transaction that makes its tasks."""
    known = {info.sha256: info for info in infos}
    Media.objects.bulk_create(
        [
            Media(
                sha256=info.sha256,
                content_type=info.content_type,
                width=info.width,
                height=info.height,
                bytes=info.size,
            )
            for info in known.values()
        ],
        ignore_conflicts=True,
    )
    MediaLink.objects.bulk_create(
        [MediaLink(project_id=project_id, media_id=sha256) for sha256 in known], ignore_conflicts=True
    )


def discard(hashes: Iterable[str]) -> None:
    """Delete stored files that no row speaks of, after an import that was to leave nothing."""
    wanted = list(hashes)
    kept = set(Media.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
    for sha256 in wanted:
        if sha256 not in kept:
            default_storage.delete(path_of(sha256, "original"))


def start_thumbnails(*, actor: User | None, project: Project) -> None:
    """Have the small sizes of a project's images made, unless somebody is at it."""
    try:
        jobs.start(
            kind=THUMBNAILS, project=project, actor=actor, queue="media", exclusive_key=f"thumbnails:{project.pk}"
        )
    except Conflict:
        # The running job looks again after every batch; what it misses is made when it is first shown.
        logger.info("thumbnails of project %s are being made already", project.pk)


def make_thumbnails(run: jobs.RunningJob[JsonDocument, JsonDocument]) -> ThumbnailsResult:
    """Make every variant of the project's images that has none yet."""
    waiting = Media.objects.filter(links__project=run.job.project, variants_at=None)
    total = waiting.count()
    made = failed = 0
    after = ""
    while batch := list(waiting.filter(sha256__gt=after).order_by("sha256")[:_BATCH]):
        for media in batch:
            after = media.sha256
            if make_variants(media):
                made += 1
            else:
                failed += 1
            run.progress(made + failed, max(total, made + failed + 1), f"{made:,} images")
    return ThumbnailsResult(made=made, failed=failed)


def make_variants(media: Media) -> bool:
    """Store the small sizes of one image; returns False when its file cannot be read (any more)."""
    try:
        with default_storage.open(path_of(media.sha256, "original")) as file:
            content = file.read()
        for variant, longest in images.VARIANTS.items():
            path = path_of(media.sha256, variant)
            small = images.variant(content, longest=longest)
            if default_storage.exists(path):
                default_storage.delete(path)
            default_storage.save(path, ContentFile(small))
    except (OSError, images.ImageRefused) as error:
        if disk_is_full(error):  # not this image's fault, and the next one would fare no better
            raise
        logger.warning("no variants of %s: %s", media.sha256, error)
        return False
    Media.objects.filter(pk=media.pk).update(variants_at=timezone.now())
    return True
