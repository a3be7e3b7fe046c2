"""Media: stored once by the SHA-256 of their content, in three sizes, linked to the projects that may show them."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from labeling.errors import Conflict, disk_is_full, store_is_away
from labeling.formats import decoding, images
from labeling.models import Media, MediaLink
from labeling.models.documents import JsonDocument
from labeling.selectors.media import TRY_AGAIN_AFTER, path_of
from labeling.services import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from labeling.models import Project, User

logger = logging.getLogger(__name__)

THUMBNAILS = "labeling.thumbnails"
_BATCH = 50
_ASK_AGAIN_AFTER = timedelta(seconds=20)


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


def check_image(content: bytes) -> images.ImageInfo:
    """Return what an image is, after decoding it; large ones one at a time on this machine, in a bounded process."""
    images.check_length(content)
    if images.fits_here(content):
        return images.check(content)
    with _alone_on_this_machine():
        return decoding.check(content)


def start_thumbnails(*, actor: User | None, project: Project) -> None:
    """Have the small sizes of a project's images made, unless somebody is at it."""
    try:
        jobs.start(
            kind=THUMBNAILS, project=project, actor=actor, queue="media", exclusive_key=f"thumbnails:{project.pk}"
        )
    except Conflict:
        # The running job looks again after every batch; what it misses is made when it is asked for.
        logger.info("thumbnails of project %s are being made already", project.pk)


def ask_for_sizes(*, project: Project, media: Media) -> None:
    """Have the sizes of an image made before all others: somebody waits for them. Asking again changes nothing."""
    now = timezone.now()
    asked = Media.objects.filter(
        Q(asked_at=None) | Q(asked_at__lte=now - _ASK_AGAIN_AFTER),
        Q(failed_at=None) | Q(failed_at__lte=now - TRY_AGAIN_AFTER),
        pk=media.pk,
        variants_at=None,
    )
    if asked.update(asked_at=now, failed_at=None):
        start_thumbnails(actor=None, project=project)


def make_thumbnails(run: jobs.RunningJob[JsonDocument, JsonDocument]) -> ThumbnailsResult:
    """Make every variant of the project's images that has none yet; first of those that somebody waits for."""
    waiting = Media.objects.filter(links__project=run.job.project, variants_at=None, failed_at=None)
    total = waiting.count()
    made = failed = 0
    for media in _in_order(waiting):
        if make_variants(media):
            made += 1
        else:
            failed += 1
        run.progress(made + failed, max(total, made + failed + 1), f"{made:,} images")
    return ThumbnailsResult(made=made, failed=failed)


def _in_order(waiting: QuerySet[Media]) -> Iterator[Media]:
    """Yield what waits, and before each what was asked for meanwhile, the latest first."""
    asked = waiting.exclude(asked_at=None).order_by("-asked_at")
    after = ""
    while batch := list(waiting.filter(sha256__gt=after).order_by("sha256")[:_BATCH]):
        for media in batch:
            while (wanted := asked.first()) is not None:
                yield wanted
            after = media.sha256
            yield media
    while (wanted := asked.first()) is not None:
        yield wanted


def make_variants(media: Media) -> bool:
    """Store the small sizes of one image; returns False when its file cannot be read (any more).

    One at a time on this machine, so that what it takes of memory is taken once.
    """
    state = Media.objects.filter(pk=media.pk)
    with _alone_on_this_machine():
        if not state.filter(variants_at=None).exists():
            return True
        try:
            _store_variants(media)
        except (OSError, images.ImageRefused) as error:
            if disk_is_full(error) or store_is_away(
                error
            ):  # not this image's fault, and the next one would fare no better
                raise
            logger.warning("no variants of %s: %s", media.sha256, error)
            state.update(failed_at=timezone.now())
            return False
        state.update(variants_at=timezone.now())
    return True


def _store_variants(media: Media) -> None:
    with default_storage.open(path_of(media.sha256, "original")) as file:
        content = file.read()
    made = images.variants(content) if images.fits_here(content) else decoding.variants(content)
    for variant, small in made.items():
        path = path_of(media.sha256, variant)
        if default_storage.exists(path):
            default_storage.delete(path)
        default_storage.save(path, ContentFile(small))


@contextmanager
def _alone_on_this_machine() -> Iterator[None]:
    """Wait until no other process of this machine decodes; what dies gives its turn back."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "decoding.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
