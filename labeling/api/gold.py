"""Gold: which tasks it is, and how well people answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import MAX_IDS, Body, Id, body
from labeling.models import Scope
from labeling.selectors import gold as gold_reads
from labeling.services import gold

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import BulkAct
    from labeling.selectors.gold import Accuracy, GoldRecord, GoldTask

TAG = "Gold"


class AccuracyDocument(BaseModel):
    """How many answers were right, with the 95 % interval of the true share."""

    right: int
    total: int
    accuracy: float | None = Field(description="Null without any answer.")
    low: float
    high: float


class LabelAccuracy(AccuracyDocument):
    """Of the gold tasks with one label."""

    question: str
    label: str


class GoldRecordDocument(BaseModel):
    """How one person answered gold: their first answer to each task."""

    person: str = Field(description="E-mail address.")
    overall: AccuracyDocument
    telling: bool = Field(description=f"At least {gold_reads.ENOUGH} answers; fewer say next to nothing.")
    skipped: int
    labels: list[LabelAccuracy]
    missed: list[int] = Field(description="The tasks answered wrong; empty unless you review.")


class GoldRecords(BaseModel):
    """How people answered gold, by name: everybody's for reviewers, your own for others."""

    results: list[GoldRecordDocument]


class WrongAnswer(BaseModel):
    """An answer that gold says is wrong, and how many people gave it."""

    answers: dict[str, Any]
    people: int


class GoldTaskDocument(BaseModel):
    """A gold task, and how it was answered."""

    task: int
    answers: dict[str, Any] = Field(description="What is known to be right, by question.")
    overall: AccuracyDocument
    skipped: int
    wrong: list[WrongAnswer]


class GoldTasks(BaseModel):
    """The gold tasks, those that most people fail first."""

    results: list[GoldTaskDocument]


class TasksToGold(Body):
    """Tasks that are to be gold."""

    tasks: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)]


class GoldMade(BaseModel):
    """What was done."""

    act: int = Field(description="By this number it can be taken back on the pages.")
    tasks: int = Field(
        description="How many became gold; those that were, or lack a reviewer's decision, do not count."
    )


def _accuracy(of: Accuracy) -> dict[str, Any]:
    low, high = of.interval
    return {"right": of.right, "total": of.total, "accuracy": of.share, "low": low, "high": high}


def _record(record: GoldRecord, *, reviewer: bool) -> dict[str, Any]:
    return {
        "person": record.person.email,
        "overall": _accuracy(record.overall),
        "telling": record.overall.is_telling,
        "skipped": record.skipped,
        "labels": [
            {"question": question, "label": label, **_accuracy(accuracy)}
            for (question, label), accuracy in sorted(record.labels.items())
        ],
        "missed": record.missed if reviewer else [],
    }


def _task(found: GoldTask) -> dict[str, Any]:
    return {
        "task": found.task,
        "answers": found.answers,
        "overall": _accuracy(found.accuracy),
        "skipped": found.skipped,
        "wrong": [{"answers": answers, "people": people} for answers, people in found.wrong],
    }


def _made(act: BulkAct) -> Response:
    return Response({"act": act.pk, "tasks": act.count})


class GoldPeople(Endpoint):
    """How well people answer gold."""

    @operation("gold_people", "Read how people answer gold", tag=TAG, needs=Scope.READ, returns={200: GoldRecords})
    def get(self, request: Request, slug: str) -> Response:
        """Return everybody's accuracy to reviewers, and their own to others."""
        user = actor(request)
        project = access.project_for(user, slug, Action.VIEW)
        reviewer = access.may(user, project, Action.REVIEW)
        found = gold_reads.records(project, person=None if reviewer else user)
        return Response({"results": [_record(record, reviewer=reviewer) for record in found]})


class ProjectGold(Endpoint):
    """The gold tasks of a project."""

    @operation("gold_tasks", "List gold tasks", tag=TAG, needs=Scope.READ, returns={200: GoldTasks})
    def get(self, request: Request, slug: str) -> Response:
        """Return all gold tasks with how they were answered."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        return Response({"results": [_task(found) for found in gold_reads.gold_tasks(project)]})

    @operation(
        "gold_make",
        "Make tasks gold",
        tag=TAG,
        needs=Scope.MANAGE,
        body=TasksToGold,
        returns={200: GoldMade},
        description="Labels that a reviewer decided become the gold answers; nobody more is asked about the tasks.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make tasks gold."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        return _made(gold.make_gold(actor=user, project=project, task_ids=body(request, TasksToGold).tasks))


class OneGoldTask(Endpoint):
    """One gold task."""

    @operation("gold_end", "Let a task be gold no more", tag=TAG, needs=Scope.MANAGE, returns={200: GoldMade})
    def delete(self, request: Request, slug: str, task_id: int) -> Response:
        """Let a task be gold no more; what was answered to it tells of nobody."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        return _made(gold.end_gold(actor=user, project=project, task_ids=[task_id]))
