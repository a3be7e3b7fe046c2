"""Entry points of the workers."""

from __future__ import annotations

from celery import shared_task

from quality.selectors.runs import of_labels
from quality.services import pipeline, runs

REGISTERED = (pipeline.run_chain, of_labels)
"""What these modules registered by being imported: every process can run and ask them."""


@shared_task(name="quality.tend")
def tend() -> None:
    """Start the runs that are due."""
    runs.tend()
