"""Runs and what they found, as pages and the API read them. Only complete runs have results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import F

from labeling.models import ALIVE, JobRun
from labeling.selectors.verdicts import Verdict
from quality.models import ClassPair, Gain, Prediction, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from labeling.models import Label, Project

KIND = "quality.run"

TOP = np.dtype([("class", "<u2"), ("probability", "<f2")])


def newest(project: Project, question: str) -> Run | None:
    """Return the run whose results are shown: the newest complete one."""
    return (
        Run.objects.filter(project=project, question=question, completed_at__isnull=False)
        .order_by("-completed_at")
        .first()
    )


def history(project: Project) -> QuerySet[Run]:
    """Return all runs with their jobs (state, progress, error), newest first."""
    return Run.objects.filter(project=project).select_related("job", "requested_by").order_by("-pk")


def jobs_of(project: Project) -> QuerySet[JobRun]:
    """Return the jobs that ran or will run the pipeline, newest first; some began no run (unchanged input)."""
    return JobRun.objects.filter(project=project, kind=KIND).select_related("quality_run__gain").order_by("-pk")


def alive(project: Project, question: str) -> JobRun | None:
    """Return the job that runs or waits for this question, if any."""
    return JobRun.objects.filter(exclusive_key=f"{KIND}:{project.pk}:{question}", state__in=ALIVE).first()


def confusions(run: Run) -> list[ClassPair]:
    """Return the pairs of classes that are mixed up, those with most flags first."""
    return list(ClassPair.objects.filter(run=run).order_by("-flagged", "-estimated", "given", "suggested"))


@dataclass(frozen=True, slots=True)
class GainPoint:
    """One point of the gain chart.

    Parameters
    ----------
    run, gain
        The run, and what it measured.
    new_corrections
        Labels that reviewers changed since the point before.
    comparable
        Measured on the same test labels as the point before; otherwise the test split has changed in between.
    """

    run: Run
    gain: Gain
    new_corrections: int
    comparable: bool


def gains(project: Project, question: str) -> list[GainPoint]:
    """Return the gain of every complete run, oldest first."""
    found = list(
        Gain.objects.filter(run__project=project, run__question=question, run__completed_at__isnull=False)
        .select_related("run")
        .order_by("run__completed_at")
    )
    points = []
    before: Gain | None = None
    for gain in found:
        points.append(
            GainPoint(
                run=gain.run,
                gain=gain,
                new_corrections=max(0, gain.corrections - (before.corrections if before else 0)),
                comparable=before is None or before.test_fingerprint == gain.test_fingerprint,
            )
        )
        before = gain
    return points


def of_labels(project: Project, labels: Sequence[Label]) -> dict[int, Verdict]:
    """Return, by label, what the newest complete run says; labels that are newer than it have no quality.

    Two queries, whatever the number of labels.
    """
    runs: dict[str, Run] = {}
    complete = Run.objects.filter(
        project=project, question__in={label.question for label in labels}, completed_at__isnull=False
    )
    for run in complete.order_by("completed_at").defer("summary", "steps", "parameters"):
        runs[run.question] = run
    found = {
        (run_id, task_id): (predicted, quality)
        for run_id, task_id, predicted, quality in Prediction.objects.filter(
            run__in=list(runs.values()), task__in={label.task_id for label in labels}
        ).values_list("run_id", "task_id", "predicted", "quality")
    }
    told = {}
    for label in labels:
        mine = runs.get(label.question)
        if mine is None or (mine.pk, label.task_id) not in found:
            continue
        predicted, quality = found[mine.pk, label.task_id]
        names = [mine.classes[position] for position in predicted]
        told[label.pk] = Verdict(
            quality=quality if label.pk <= mine.last_label else None,
            predicted=names if isinstance(label.value, list) else (names[0] if names else None),
        )
    return told


def distribution(prediction: Prediction, classes: list[str]) -> list[tuple[str, float]]:
    """Return the most probable classes of a prediction with their probabilities, most probable first."""
    top = np.frombuffer(bytes(prediction.top), dtype=TOP)
    return [
        (classes[int(position)], float(probability))
        for position, probability in zip(top["class"], top["probability"], strict=True)
    ]


def worst(run: Run) -> QuerySet[Prediction]:
    """Return the labels of a run in the order in which a review should take them, worst first."""
    return (
        Prediction.objects.filter(run=run, quality__isnull=False)
        .select_related("task")
        .order_by(F("quality").asc(), "task_id")
    )
