"""Entry points of the workers."""

from __future__ import annotations

from celery import shared_task

from labeling.selectors import similarity, verdicts
from labeling.services import jobs
from quality.models.jobs import RunCursor, RunParams, RunResult
from quality.selectors import similar
from quality.selectors.runs import KIND, of_labels
from quality.services import runs

jobs.register(
    {
        KIND: jobs.Kind(
            work="quality.services.pipeline.chain.run_chain", params=RunParams, cursor=RunCursor, result=RunResult
        )
    }
)
verdicts.register(of_labels)
similarity.register(similarity.Source(nearest=similar.nearest, known=similar.known))


@shared_task(name="quality.tend")
def start_due_runs() -> None:
    """Start the runs that are due."""
    runs.start_due_runs()
