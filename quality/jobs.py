"""Entry points of the workers."""

from __future__ import annotations

from celery import shared_task

from labeling.selectors import similarity as similarity_reads
from labeling.selectors import verdicts as verdict_reads
from labeling.services import jobs
from quality.models.jobs import (
    AgreementCursor,
    AgreementParams,
    AgreementResult,
    PredictionsCursor,
    PredictionsParams,
    PredictionsResult,
    RunCursor,
    RunParams,
    RunResult,
)
from quality.selectors import agreement as agreement_reads
from quality.selectors import similar as similar_reads
from quality.selectors.runs import KIND, of_labels
from quality.services import predictions, runs
from quality.services.agreement import starting

jobs.register(
    {
        KIND: jobs.Kind(
            work="quality.services.pipeline.chain.run_chain", params=RunParams, cursor=RunCursor, result=RunResult
        ),
        agreement_reads.KIND: jobs.Kind(
            work="quality.services.agreement.working.measure",
            params=AgreementParams,
            cursor=AgreementCursor,
            result=AgreementResult,
        ),
        predictions.PREDICTIONS: jobs.Kind(
            work="quality.services.predictions.taking.take_predictions",
            params=PredictionsParams,
            cursor=PredictionsCursor,
            result=PredictionsResult,
        ),
    }
)
verdict_reads.register(of_labels)
similarity_reads.register(similarity_reads.Source(nearest=similar_reads.nearest, known=similar_reads.known))


@shared_task(name="quality.tend")
def start_due_runs() -> None:
    """Start the runs and measurements that are due."""
    runs.start_due_runs()
    starting.start_due_measurements()
