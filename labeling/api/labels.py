"""Labels: the answers of record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Id, query
from labeling.api.types import Answer, AnyAnswer
from labeling.models import Label, LabelSource, Scope
from labeling.selectors import gold as gold_reads
from labeling.selectors import labels as label_reads
from labeling.selectors import verdicts as verdict_reads

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from labeling.models import Project
    from labeling.selectors.verdicts import Verdict


class LabelDocument(BaseModel):
    """The answer of record for one question of one task."""

    id: int
    task: int
    external_id: str | None
    question: str
    value: Answer
    source: LabelSource
    confidence: float | None = Field(description="Of a consensus: how much people agreed.")
    people: int | None = Field(
        description="On how many people's answers it rests; null where on none, or where it is not known."
    )
    schema_version: int
    guideline_version: int
    created_at: datetime
    quality: float | None = Field(
        description="From 0 (likely wrong) to 1, by the newest run; null before there is one."
    )
    predicted: AnyAnswer = Field(description="What the model of the newest run would answer.")


class LabelList(Listed):
    """One page of labels."""

    results: list[LabelDocument]


class LabelQuery(Page):
    """Which labels to list."""

    task: Id | None = None
    question: str = Field("", max_length=64)
    source: Literal["import", "model", "annotation", "consensus", "bulk", "review", ""] = ""


def document(label: Label, verdict: Verdict) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": label.pk,
        "task": label.task_id,
        "external_id": label.task.external_id,
        "question": label.question,
        "value": label.value,
        "source": label.source,
        "confidence": label.confidence,
        "people": label.people,
        "schema_version": label.schema_version,
        "guideline_version": label.guideline_version,
        "created_at": label.created_at,
        "quality": verdict.quality,
        "predicted": verdict.predicted,
    }


def documents(project: Project, labels: list[Label]) -> list[dict[str, Any]]:
    """Return labels with what is known about their quality."""
    known = verdict_reads.verdicts_for(project, labels)
    return [document(label, known.get(label.pk, verdict_reads.UNKNOWN)) for label in labels]


class Labels(Endpoint):
    """The labels of a project."""

    @operation("labels_list", "List labels", tag="Labels", needs=Scope.READ, query=LabelQuery, returns={200: LabelList})
    def get(self, request: Request, slug: str) -> Response:
        """Return the labels that hold now, in the order in which they were given."""
        user = actor(request)
        project = access.project_for(user, slug, Action.VIEW)
        wanted = query(request, LabelQuery)
        found = label_reads.labels_of_project(
            project, task_id=wanted.task, question=wanted.question, source=wanted.source
        )
        if not access.may(user, project, Action.REVIEW):
            found = found.exclude(task_id__in=gold_reads.waiting_for(project, user))
        return listed(
            request,
            found,
            wanted,
            order="pk",
            show=lambda rows: documents(project, rows),
        )
