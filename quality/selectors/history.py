"""The runs of a question as people read them: what started each, how it went, what it worked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from labeling.models import ALIVE, JobState
from quality.models import Trigger
from quality.models.documents import Options, Steps, Summary
from quality.models.jobs import RunCursor, RunParams, RunResult
from quality.selectors import runs as run_reads

if TYPE_CHECKING:
    from labeling.models import JobRun, Project, User
    from quality.models import Run

STEPS = {
    "encode": "Reading items",
    "predict": "Predicting",
    "issues": "Looking for issues",
    "queue": "Ordering the queue",
    "prove": "Measuring the gain",
}


@dataclass(frozen=True, slots=True)
class Past:
    """One run, or one that found nothing new to look at.

    Parameters
    ----------
    job, run
        The job, and the run it began (None before it begins, and when nothing had changed).
    trigger, by
        What started it, in words, and who, when it was a person.
    took
        From start to end; so far, while it runs.
    unchanged
        The input was that of an earlier run, so that nothing was computed.
    steps
        The steps done, in words, with their seconds.
    options
        What it was told, by name.
    summary
        What the run found.
    """

    job: JobRun
    run: Run | None
    trigger: str
    by: User | None
    took: timedelta | None
    unchanged: bool
    steps: list[tuple[str, float]]
    options: dict[str, Any]
    summary: Summary | None


def past_runs(project: Project, question: str, *, most: int = 10) -> list[Past]:
    """Return the last runs of a question, newest first."""
    found = run_reads.jobs_of(project).filter(params__question=question).select_related("requested_by")[:most]
    return [_past(job) for job in found]


def _past(job: JobRun) -> Past:
    run: Run | None = getattr(job, "quality_run", None)
    params = RunParams.load(job.params)
    end = job.finished_at or (timezone.now() if job.state in ALIVE else None)
    return Past(
        job=job,
        run=run,
        trigger=Trigger(params.trigger).label,
        by=job.requested_by,
        took=end - job.started_at if end and job.started_at else None,
        unchanged=job.state == JobState.SUCCEEDED and RunResult.load(job.result).unchanged,
        steps=[(STEPS.get(step.name, step.name), step.seconds) for step in Steps.load(run.steps).done] if run else [],
        options=Options.load(run.parameters if run else params.options).dump(),
        summary=Summary.load(run.summary) if run else None,
    )


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of a run that is under way: ``done``, ``now`` or ``later``."""

    words: str
    state: str


def steps(job: JobRun) -> list[StepShown]:
    """Return the steps of a job with how far it is."""
    done = set(RunCursor.load(job.cursor).done)
    found = []
    now = job.state == JobState.RUNNING
    for name, words in STEPS.items():
        state = "done" if name in done else "now" if now else "later"
        now = now and state == "done"
        found.append(StepShown(words, state))
    return found
