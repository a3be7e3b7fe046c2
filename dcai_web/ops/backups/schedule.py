"""Backups by the clock: one every few hours into a folder, the oldest removed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dcai_web.ops.backups.making import make_into
from dcai_web.ops.backups.repository import Repository, made_at
from labeling import locks

logger = logging.getLogger(__name__)


def make_due_backup() -> Path | None:
    """Make a backup if the newest one in the folder is too old; return where it is.

    Looked at every few minutes: a clock that was away, or started again, delays a backup but skips none.
    """
    if not settings.BACKUP_DIR or settings.BACKUP_HOURS <= 0:
        return None
    folder = Path(settings.BACKUP_DIR)
    now = timezone.now()
    with locks.backing_up() as mine:
        if not mine:
            return None  # a worker is at it
        newest_one = newest()
        if newest_one is not None and now - newest_one < timedelta(hours=settings.BACKUP_HOURS):
            return None
        made = make_into(folder)
        logger.info("backup %s: %s rows, %s files", made.path, made.rows, made.files)
        if made.missing:
            logger.warning("backup %s: %s stored files are missing", made.path, len(made.missing))
        Repository(folder).forget_oldest(keep=settings.BACKUP_KEEP)
        return made.path


def newest() -> datetime | None:
    """Return when the newest backup in the folder was made, None where there is none, or this process sees none."""
    if not settings.BACKUP_DIR:
        return None
    try:
        return max(map(made_at, Repository(Path(settings.BACKUP_DIR)).backups()), default=None)
    except OSError:
        return None
