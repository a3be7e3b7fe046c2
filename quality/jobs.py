"""Entry points of the workers."""

from __future__ import annotations

from celery import shared_task

from quality.services import pipeline, runs

REGISTERED = (pipeline.run_chain,)
"""What these modules registered by being imported: every process can start and run them by name."""


@shared_task(name="quality.tend")
def tend() -> None:
    """Start the runs that are due."""
    runs.tend()
