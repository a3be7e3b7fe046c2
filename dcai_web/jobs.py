"""Entry points of the workers that concern the site as a whole."""

from __future__ import annotations

from celery import shared_task

from dcai_web import uploads
from dcai_web.ops.backups import schedule


@shared_task(name="dcai_web.tend_backups")
def tend_backups() -> None:
    """Make the backup that is due."""
    schedule.make_due_backup()


@shared_task(name="dcai_web.tidy_uploads")
def tidy_uploads() -> None:
    """Delete what servers that were killed left of files under way."""
    uploads.forget_left_behind()
