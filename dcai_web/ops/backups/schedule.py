"""Backups by the clock: one every few hours into a folder, the oldest removed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dcai_web.ops.backups.making import make
from labeling import locks

logger = logging.getLogger(__name__)

_PREFIX, _SUFFIX = "dcai-", ".tar.gz"
_STAMP = "%Y%m%dT%H%M%SZ"


def tend() -> Path | None:
    """Make a backup if the newest one in the folder is too old; return its file.

    Looked at every few minutes: a clock that was away, or started again, delays a backup but skips none.
    """
    if not settings.BACKUP_DIR or settings.BACKUP_HOURS <= 0:
        return None
    folder = Path(settings.BACKUP_DIR)
    now = timezone.now()
    with locks.backing_up() as mine:
        if not mine:
            return None  # a worker is at it
        newest = max(map(_made_at, _kept(folder)), default=None)
        if newest is not None and now - newest < timedelta(hours=settings.BACKUP_HOURS):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"{_PREFIX}{now:{_STAMP}}{_SUFFIX}"
        made = make(target)
        logger.info("backup %s: %s rows, %s files", target, made.rows, made.files)
        if made.missing:
            logger.warning("backup %s: %s stored files are missing", target, len(made.missing))
        _forget_oldest(folder)
        return target


def newest() -> datetime | None:
    """Return when the newest backup by the clock was made, None where there is none, or this process sees none."""
    try:
        return max(map(_made_at, _kept(Path(settings.BACKUP_DIR))), default=None) if settings.BACKUP_DIR else None
    except OSError:
        return None


def _kept(folder: Path) -> list[Path]:
    """Return the backups that the clock made, oldest first; files of other names are not ours."""
    found = []
    for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
        try:
            _made_at(path)
        except ValueError:
            continue
        found.append(path)
    return found


def _made_at(path: Path) -> datetime:
    stamp = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def _forget_oldest(folder: Path) -> None:
    for path in _kept(folder)[: -max(settings.BACKUP_KEEP, 1)]:
        path.unlink()
