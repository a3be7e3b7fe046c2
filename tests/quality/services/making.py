"""Projects with labels, some of them wrong, and runs of the pipeline over them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from labeling.models import (
    Flag,
    FlagState,
    JobRun,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Task,
    TaskState,
)
from labeling.reasons.base import Reason
from labeling.reasons.evidence import Evidence
from labeling.reasons.label_error import LABEL_ERROR
from labeling.services import jobs
from quality.models import Run
from quality.services import runs
from tests import factories

TOPICS = {
    "billing": "invoice charge bill payment refund card amount price account bank",
    "delivery": "parcel courier address late shipping package door tracking box sent",
    "other": "hello thanks weather music question idea website color friend story",
}
LABELS = list(TOPICS)
QUESTION = "intent"


def message(topic: str, number: int) -> str:
    """Return a message about a topic, the same for the same number."""
    words = random.Random(f"{topic}{number}").sample(TOPICS[topic].split(), 5)
    return " ".join(words) + f" number {number}"


def label(
    tasks: Sequence[Task], values: Sequence[Any], *, source: str = LabelSource.IMPORT, question: str = QUESTION
) -> list[Label]:
    """Give tasks labels of record, in place of those they have."""
    now = timezone.now()
    Label.objects.filter(task__in=tasks, question=question, retired_at=None).update(retired_at=now)
    made = Label.objects.bulk_create(
        [
            Label(
                task=task,
                project=task.project,
                question=question,
                value=value,
                classes=value if isinstance(value, list) else [str(value)],
                source=source,
                schema_version=1,
                created_at=now,
            )
            for task, value in zip(tasks, values, strict=True)
        ]
    )
    QueueEntry.objects.filter(task__in=tasks).update(state=TaskState.LABELED, required=0, open_slots=0)
    return made


def messages(project: Project, count: int, *, split: str = "", labeled: bool = True, start: int = 0) -> list[Task]:
    """Make messages about the topics in turn, with their true labels."""
    topics = [LABELS[number % 3] for number in range(count)]
    contents = [{"text": message(topic, start + number)} for number, topic in enumerate(topics)]
    made = factories.tasks(project, data=contents, split=split)
    if labeled:
        label(made, topics)
    return made


def run(project: Project, question: str = QUESTION, **params: Any) -> JobRun:
    """Start a run and do its work as a worker would, in this process."""
    job = runs.start(actor=None, project=project, question=question, **params)
    return work(job)


def work(job: JobRun) -> JobRun:
    """Do the work of a queued job."""
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def shown(project: Project, question: str = QUESTION) -> Run:
    """Return the newest complete run."""
    return Run.objects.filter(project=project, question=question, completed_at__isnull=False).latest("completed_at")


def project_with_errors(**settings: Any) -> Project:
    """Make 60 labeled messages, the first three of them labeled wrongly, a test split, and messages to label."""
    project = factories.project(**settings)
    labeled = messages(project, 60)
    label(labeled[:3], ["other", "billing", "delivery"])
    messages(project, 15, split="test", start=500)
    messages(project, 20, labeled=False, start=900)
    return project


def flag(task: Task, *, question: str = QUESTION, reason: Reason[Evidence] = LABEL_ERROR, **evidence: Any) -> Flag:
    """Flag a task as a check would that doubts its label."""
    return Flag.objects.create(
        task=task,
        project=task.project,
        question=question,
        reason=reason.name,
        score=0.1,
        evidence=reason.evidence(**evidence).dump(),
    )


def label_errors(project: Project, state: str = FlagState.OPEN) -> list[Flag]:
    """Return the likely label errors that a run flagged."""
    return list(Flag.objects.filter(project=project, reason=LABEL_ERROR.name, state=state).order_by("task_id"))


def result(project: Project, **params: Any) -> dict[str, Any]:
    """Start a run, do its work, and return what its job gave."""
    return run(project, **params).result or {}
