"""Runs of the pipeline: start one, see how they went."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, body, query
from labeling.models import JobState, Scope, Split
from labeling.selectors.reviews import FlagFilter
from quality.models.documents import Options, Step, Steps, Summary
from quality.models.jobs import RunParams
from quality.models.runs import Trigger
from quality.selectors import gains as gain_reads
from quality.selectors import runs as run_reads
from quality.services import runs

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import JobRun
    from quality.models import Gain, Run

TAG = "Quality"


class RunNew(Body):
    """Which question to look at."""

    question: str = Field("", max_length=64, description="May be left out where a project asks only one question.")
    force: bool = Field(default=False, description="Look again even if nothing has changed.")


class RunStarted(BaseModel):
    """A run that was started."""

    job: int = Field(description="Follow it at `/api/jobs/{id}/`.")
    state: JobState


class GainDocument(BaseModel):
    """The fixed model on the test split, each number with its 95 % interval."""

    items: int = Field(description="Test items with a label that is confirmed or came with the item.")
    confirmed: int | None = Field(
        description="Items whose label a reviewer decided or two people agreed on; null for runs that did not tell."
    )
    imported: int | None = Field(description="Items whose label came with them and which nobody has confirmed.")
    flagged: int | None = Field(description="Likely label errors in the test split that were open after the run.")
    accuracy: float
    accuracy_interval: list[float]
    macro_f1: float
    macro_f1_interval: list[float]
    log_loss: float
    log_loss_interval: list[float]
    test_labels: str = Field(description="The same in words.")
    telling: bool = Field(
        description="False: too early to tell, for the test split is too small or fewer than 20 of its labels are "
        "confirmed. Review the test split first."
    )
    review: str = Field(description="Where to review the test split: an address on this site.")
    labels: int
    corrections: int = Field(description="Labels that reviewers had changed.")


class RunDocument(BaseModel):
    """A run, or a job that found nothing new to look at."""

    job: int
    question: str
    state: JobState
    progress: float = Field(description="From 0 to 1.")
    message: str
    error: str | None = Field(description="Why it failed, for a person.")
    trigger: Trigger
    created_at: datetime
    finished_at: datetime | None
    run: int | None = Field(description="Null before it begins, and when nothing had changed.")
    model: str | None
    labels: int | None
    parameters: Options | None
    steps: list[Step] | None
    summary: Summary | None = Field(description="What it found; null until it is complete.")
    gain: GainDocument | None


class RunList(Listed):
    """One page of runs, newest first."""

    results: list[RunDocument]


def document(job: JobRun, slug: str) -> dict[str, Any]:
    """Return a job of a project with the run it began."""
    run: Run | None = getattr(job, "quality_run", None)
    params = RunParams.load(job.params)
    shown = run if run is not None and run.completed_at is not None else None
    gain = getattr(shown, "gain", None)
    share = 1.0 if job.state == JobState.SUCCEEDED else min(1.0, job.done / job.total) if job.total else 0.0
    return {
        "job": job.pk,
        "question": params.question,
        "state": job.state,
        "progress": round(share, 4),
        "message": job.message,
        "error": job.error or None,
        "trigger": params.trigger,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "run": run.pk if run else None,
        "model": run.model if run else None,
        "labels": run.labels if run else None,
        "parameters": Options.load(run.parameters).dump() if run else None,
        "steps": [step.model_dump() for step in Steps.load(run.steps).done] if run else None,
        "summary": Summary.load(shown.summary).dump() if shown else None,
        "gain": _gain(gain, slug, params.question) if gain else None,
    }


def _gain(gain: Gain, slug: str, question: str) -> dict[str, Any]:
    names = ("items", "confirmed", "flagged", "accuracy", "macro_f1", "log_loss", "labels", "corrections")
    measured = {name: getattr(gain, name) for name in names}
    for name in ("accuracy", "macro_f1", "log_loss"):
        measured[f"{name}_interval"] = [getattr(gain, f"{name}_low"), getattr(gain, f"{name}_high")]
    wanted = FlagFilter(question=question, split=Split.TEST)
    return measured | {
        "imported": None if gain.confirmed is None else gain.items - gain.confirmed,
        "test_labels": gain_reads.describe_test_labels(gain, flagged=gain.flagged),
        "telling": gain.telling and gain_reads.tells(gain),
        "review": f"{reverse('project-review', args=(slug,))}?{urlencode(wanted.params())}",
    }


class Runs(Endpoint):
    """The runs of a project."""

    @operation("runs_list", "List runs", tag=TAG, needs=Scope.READ, query=Page, returns={200: RunList})
    def get(self, request: Request, slug: str) -> Response:
        """Return the runs, newest first."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        return listed(
            request,
            run_reads.jobs_of(project),
            query(request, Page),
            order="-pk",
            show=lambda rows: [document(job, slug) for job in rows],
        )

    @operation(
        "runs_create",
        "Start a run",
        tag=TAG,
        needs=Scope.MANAGE,
        body=RunNew,
        example={"question": "intent"},
        returns={202: RunStarted},
        conflict="A run of this question is under way; `current.job` is its job.",
        description="Finds likely label errors, orders the queue and measures the gain. Results appear all at once.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Start a run of a question."""
        user = actor(request)
        project = access.project_for(user, slug, Action.REVIEW)
        wanted = body(request, RunNew)
        question = wanted.question or runs.only_question(project)
        job = runs.start(actor=user, project=project, question=question, force=wanted.force)
        return Response({"job": job.pk, "state": job.state}, status=202)
