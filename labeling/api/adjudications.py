"""Adjudications: what several people answered, decided by one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.flags import KEY_HEADER, TAG, sent_key
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Id, Query, body, query
from labeling.api.types import AnyAnswer
from labeling.errors import Conflict
from labeling.models import Adjudication, Scope, Sided, Verdict
from labeling.selectors import adjudications as adjudication_reads
from labeling.selectors import versions as version_reads
from labeling.services import adjudicating
from labeling.services.adjudicating import AdjudicatorRuling

if TYPE_CHECKING:
    from rest_framework.request import Request

_KEY_WORDS = (
    "Your own unique key for this decision: the same one again returns what was decided (200), writing nothing."
)
Share = Annotated[float, Field(ge=0, le=1)]


class AdjudicationDocument(BaseModel):
    """A question of a task that several people answered, and what was decided about it."""

    task: int
    external_id: str | None
    question: str
    agreement: float = Field(description="From 0 to 1; of what is undecided, as it was measured last.")
    answers: int = Field(description="How many people answered.")
    verdict: Verdict | None = Field(description="Null: nobody has decided.")
    label: AnyAnswer = Field(description="The label that was given, if any.")
    sided: Sided | Literal[""] = Field(
        description="Of a label: whether it is the answer of most people, of somebody else, or of nobody."
    )
    note: str
    decided_by: str | None = Field(description="E-mail address.")
    decided_at: datetime | None


class AdjudicationList(Listed):
    """One page: of what is undecided the least agreement first, of what was decided the newest."""

    results: list[AdjudicationDocument]


class AdjudicationQuery(Page):
    """Which to list."""

    state: Literal["undecided", "decided"] = "undecided"
    question: str = Field("", max_length=64, description="Empty: the first one.")
    one: str = Field("", max_length=200, description="A label that somebody gave.")
    other: str = Field("", max_length=200, description="A label that somebody else gave.")
    person: Id | None = Field(None, description="Somebody who answered.")
    second: Id | None = Field(None, description="Somebody whose answer is another than that of `person`.")
    low: Share = 0.0
    high: Share = 1.0


class AdjudicationQuestion(Query):
    """Which question of the task."""

    question: str = Field("", max_length=64, description="Empty: the first one.")


class AdjudicationNew(Body):
    """A decision about what several people answered."""

    question: str | None = Field(None, description="Null: the first one.")
    verdict: Verdict = Field(strict=False)
    answer: AnyAnswer = Field(None, description="With `label`: the label to give.")
    note: str = Field("", max_length=5_000, description="Why, or which rule is missing.")


def adjudication_documents(rows: list[Any]) -> list[dict[str, Any]]:
    """Return rows of what is undecided or was decided."""
    return [_document(row, row if isinstance(row, Adjudication) else None) for row in rows]


def _document(row: Any, made: Adjudication | None) -> dict[str, Any]:
    return {
        "task": row.task_id,
        "external_id": row.task.external_id,
        "question": row.question,
        "agreement": row.agreement,
        "answers": row.answers,
        "verdict": made.verdict if made else None,
        "label": made.label.value if made and made.label else None,
        "sided": made.sided if made else "",
        "note": made.note if made else "",
        "decided_by": made.decided_by.email if made else None,
        "decided_at": made.decided_at if made else None,
    }


class Adjudications(Endpoint):
    """What several people answered in a project."""

    @operation(
        "adjudications_list",
        "List tasks to adjudicate",
        tag=TAG,
        needs=Scope.READ,
        query=AdjudicationQuery,
        returns={200: AdjudicationList},
        description="Tasks that several people answered, disputed or not, as agreement was measured last.",
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return what is undecided, or was decided."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        asked = query(request, AdjudicationQuery)
        given = {name: str(value) for name, value in asked.model_dump().items() if value is not None}
        wanted = adjudication_reads.parse_adjudication_filter(project, given)
        rows: Any = (
            adjudication_reads.decided_tasks(project, wanted).select_related("task", "label", "decided_by")
            if wanted.decided
            else adjudication_reads.undecided_tasks(project, wanted).select_related("task")
        )
        rows = rows.defer("task__data", "task__meta")
        order = "-pk" if wanted.decided else "agreement"
        return listed(request, rows, asked, order=order, show=adjudication_documents)


class TaskAdjudication(Endpoint):
    """The decision about what several people answered to a question of a task."""

    @operation(
        "adjudication_decide",
        "Decide what several people answered",
        tag=TAG,
        needs=Scope.LABEL,
        body=AdjudicationNew,
        headers={KEY_HEADER: _KEY_WORDS},
        returns={201: AdjudicationDocument, 200: AdjudicationDocument},
        conflict="It was decided already, fewer than two people answered, or somebody else looks at the task now.",
        description="`label` gives a label (source `review`); `several`: several answers are valid; `unusable` puts "
        "the task into quarantine; `rule_missing` asks for a rule in the guideline. Flags that doubt the label close.",
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Decide."""
        task = access.task_for(actor(request), task_id, Action.REVIEW)
        sent = body(request, AdjudicationNew)
        done = adjudicating.adjudicate(
            actor=actor(request),
            project=task.project,
            task_id=task.pk,
            question=sent.question or version_reads.schema(task.project_id).questions[0].name,
            ruling=AdjudicatorRuling(sent.verdict, sent.answer, sent.note),
            key=sent_key(request),
        )
        (shown,) = adjudication_documents([done.adjudication])
        return Response(shown, status=200 if done.replayed else 201)

    @operation(
        "adjudication_take_back",
        "Take back what was adjudicated",
        tag=TAG,
        needs=Scope.LABEL,
        query=AdjudicationQuestion,
        returns={204: None},
        conflict="Nothing was decided about it, or its label was changed since.",
        description="Label, flags and open slots are as before.",
    )
    def delete(self, request: Request, task_id: int) -> Response:
        """Undo the decision."""
        task = access.task_for(actor(request), task_id, Action.REVIEW)
        asked = query(request, AdjudicationQuestion).question
        question = asked or version_reads.schema(task.project_id).questions[0].name
        made = adjudication_reads.standing(task.project, question).filter(task=task).select_related("act").first()
        if made is None:
            message = "Nothing was decided about this question of the task that could be taken back."
            raise Conflict(message)
        adjudicating.take_back(actor=actor(request), act=made.act)
        return Response(status=204)
