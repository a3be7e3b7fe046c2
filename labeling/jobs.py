"""Entry points of the workers."""

from __future__ import annotations

from celery import shared_task

from labeling.models.bulk_acts import (
    BulkCursor,
    BulkParams,
    BulkResult,
    TakingBackCursor,
    TakingBackParams,
    TakingBackResult,
)
from labeling.models.imports import ImportCursor, ImportParams, ImportResult
from labeling.selectors import overlap as overlap_reads
from labeling.services import (
    accounts,
    asking,
    bulk_acts,
    deletion,
    imports,
    jobs,
    media,
    overlap,
    settling,
    task_deletion,
    webhooks,
)

jobs.register(
    {
        deletion.DELETE: jobs.Kind(
            work="labeling.services.deletion.delete_project",
            params=deletion.DeletionParams,
            cursor=deletion.DeletionCursor,
            result=deletion.DeletionResult,
        ),
        imports.IMPORT: jobs.Kind(
            work="labeling.services.imports.running.run_import",
            params=ImportParams,
            cursor=ImportCursor,
            result=ImportResult,
        ),
        media.THUMBNAILS: jobs.Kind(
            work="labeling.services.media.make_thumbnails",
            result=media.ThumbnailsResult,
        ),
        asking.ASK: jobs.Kind(
            work="labeling.services.asking.ask_for_what_lacks",
            params=asking.AskingParams,
            cursor=asking.AskingCursor,
            result=asking.AskingResult,
        ),
        bulk_acts.BULK: jobs.Kind(
            work="labeling.services.bulk_acts.carry_out_in_steps",
            params=BulkParams,
            cursor=BulkCursor,
            result=BulkResult,
        ),
        bulk_acts.TAKE_BACK: jobs.Kind(
            work="labeling.services.bulk_acts.take_back_in_steps",
            params=TakingBackParams,
            cursor=TakingBackCursor,
            result=TakingBackResult,
        ),
        overlap_reads.FIT: jobs.Kind(
            work="labeling.services.overlap.fit_waiting_tasks",
            cursor=overlap.FittingCursor,
            result=overlap.FittingResult,
        ),
        settling.SETTLE: jobs.Kind(
            work="labeling.services.settling.settle_by_settings",
            params=settling.SettlingParams,
            cursor=settling.SettlingCursor,
            result=settling.SettlingResult,
        ),
    }
)


@shared_task(name=jobs.RUN)
def run_job(job_id: int) -> None:
    """Do the work of a queued job."""
    jobs.perform_job(job_id)


@shared_task(name="labeling.tend_jobs")
def tend_jobs() -> None:
    """Send what was lost and start again what died."""
    jobs.recover_lost_jobs()


@shared_task(name="labeling.delete_due_tasks")
def delete_due_tasks() -> None:
    """Delete for good what was deleted a day ago."""
    task_deletion.delete_due_tasks()


@shared_task(name="labeling.send_webhooks")
def send_webhooks() -> None:
    """Have what happened told to the addresses that wait for it."""
    webhooks.send_due_webhooks()


@shared_task(name=webhooks.DELIVER)
def deliver_webhook(webhook_id: int) -> None:
    """Send an address what waits for it."""
    webhooks.deliver_webhook(webhook_id)


@shared_task(name="labeling.forget_deliveries")
def forget_deliveries() -> None:
    """Forget what was sent to webhooks long ago."""
    webhooks.forget_deliveries()


@shared_task(name=accounts.MAIL_PASSWORD_LINK)
def mail_password_link(email: str) -> None:
    """Mail a link for a new password."""
    accounts.mail_password_link(email=email)
