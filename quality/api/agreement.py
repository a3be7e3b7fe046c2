"""Agreement between people: what was measured, and measure it anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import Nothing, Query, body, query
from labeling.models import JobState, Scope
from quality.models.agreement import (
    AlphaPart,
    BarPart,
    ChangePart,
    ConfusionPart,
    LabelPart,
    NeededPart,
    PersonPart,
    UsePart,
    VersionPart,
    WeekPart,
)
from quality.selectors import agreement as agreement_reads
from quality.services.agreement import starting

if TYPE_CHECKING:
    from rest_framework.request import Request

    from quality.selectors.agreement import Report

TAG = "Quality"


class Asked(Query):
    """Of which question."""

    question: str = Field("", max_length=64, description="Left out: of all questions that were measured.")


class PairDocument(BaseModel):
    """Two people on the tasks that both answered."""

    a: int
    b: int
    kappa: float | None = Field(description="Cohen's, weighted by the distance of answers; null where not defined.")
    percent: float = Field(description="Share of the shared tasks with the same answer of both, from 0 to 1.")
    shared: int = Field(description="Tasks that both answered.")
    undefined: str


class ConfusionDocument(ConfusionPart):
    """Two labels that different people gave to the same tasks."""

    count: int = Field(description="On so many tasks.")


class QuestionDocument(BaseModel):
    """How far people agree on one question."""

    question: str
    kind: str
    computed_at: datetime = Field(description="When the answers were read.")
    new_answers: int = Field(description="Answers that are newer, counted up to 1,000.")
    tasks: int = Field(description="Tasks that several people answered.")
    differ: int = Field(description="Of these, tasks on which two answers are not the same.")
    people: int
    answers: int
    left_out: int = Field(description="Tasks whose distances were too many to work out one by one.")
    assisted: int = Field(description="Answers taken as they were before a reviewer sent them back.")
    alpha: AlphaPart
    percent: float | None = Field(description="Share of two answers to a task that are the same, mean over tasks.")
    fleiss: float | None
    fleiss_undefined: str
    histogram: list[BarPart]
    labels: list[LabelPart]
    pairs: list[PairDocument]
    confusion: list[ConfusionDocument]
    persons: list[PersonPart]
    uses: list[UsePart]
    versions: list[VersionPart]
    changes: list[ChangePart]
    weeks: list[WeekPart]
    needed: list[NeededPart]


class MeasuredPerson(BaseModel):
    """Somebody whom the numbers are about."""

    id: int
    name: str


class AgreementAnswer(BaseModel):
    """What was measured."""

    questions: list[QuestionDocument]
    people: list[MeasuredPerson]


class MeasuringStarted(BaseModel):
    """A measurement that was started."""

    job: int = Field(description="Follow it at `/api/jobs/{id}/`.")
    state: JobState


def question_document(report: Report) -> dict[str, Any]:
    """Return what is told of a question."""
    told = report.document.model_dump(mode="json")
    told["pairs"] = [
        {
            "a": pair["one"],
            "b": pair["other"],
            "kappa": pair["kappa"],
            "percent": pair["same"] / pair["shared"],
            "shared": pair["shared"],
            "undefined": pair["undefined"],
        }
        for pair in told["pairs"]
    ]
    told["confusion"] = [pair | {"count": pair["tasks"]} for pair in told["confusion"]]
    del told["courses"]  # of one person each: `statistics` of a person tells them
    return {"question": report.question.name, "computed_at": report.read_at, "new_answers": report.new} | told


class Agreement(Endpoint):
    """How far the people of a project agree."""

    @operation(
        "agreement_read",
        "Read how far people agree",
        tag=TAG,
        needs=Scope.READ,
        query=Asked,
        returns={200: AgreementAnswer},
        description="As of the last measurement, which starts by itself when answers are new. A question that was not "
        "measured yet is not in the list.",
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return what was measured."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        reports = agreement_reads.reports_for(project, query(request, Asked).question)
        people = agreement_reads.names_of(reports)
        return Response(
            {
                "questions": [question_document(report) for report in reports],
                "people": [{"id": pk, "name": str(person)} for pk, person in sorted(people.items())],
            }
        )

    @operation(
        "agreement_measure",
        "Measure agreement anew",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={202: MeasuringStarted},
        conflict="It is being measured; `current.job` is the job.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Start a measurement."""
        user = actor(request)
        project = access.project_for(user, slug, Action.REVIEW)
        body(request, Nothing)
        job = starting.start(actor=user, project=project)
        return Response({"job": job.pk, "state": job.state}, status=202)
