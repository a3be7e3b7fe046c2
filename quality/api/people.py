"""What one person did in a project, and how it stands beside the others."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.models import Scope
from labeling.selectors import work as work_reads
from quality.models.agreement import CoursePart, PersonPart, UsePart
from quality.selectors import person as person_reads

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.selectors.work import Work
    from quality.selectors.person import BesideOthers

TAG = "People"


class SkipsDocument(BaseModel):
    """How many tasks were skipped for a reason."""

    reason: str
    count: int


class OverruledDocument(BaseModel):
    """What reviewers decided about the person's answers."""

    decided: int = Field(description="Answers to tasks that a reviewer decided.")
    overruled: int = Field(description="Of these, those where the reviewer said otherwise.")
    share: float | None = Field(description="Null: none was decided.")
    low: float = Field(description="95 % interval (Wilson).")
    high: float


class WorkWeekDocument(BaseModel):
    """One week."""

    week: date = Field(description="Its Monday.")
    answers: int = Field(description="Given or last changed in it.")
    skipped: int
    seconds: float | None = Field(description="The median time per answer; null: no time was taken.")


class BesideDocument(BaseModel):
    """How the answers to one question stand beside those of the others, as of the last measurement."""

    question: str
    computed_at: datetime
    beside: PersonPart | None = Field(description="Null: no task was answered by others, too.")
    uses: list[UsePart]
    course: CoursePart | None = Field(description="Null: nothing could be compared.")


class StatisticsDocument(BaseModel):
    """What a person did."""

    person: int
    name: str
    answers: int
    skipped: int
    skips: list[SkipsDocument]
    recent_seconds: float | None = Field(description="The median time per answer in the last seven days.")
    earlier_seconds: float | None = Field(description="And before.")
    overruled: OverruledDocument
    returned: int = Field(description="Answers that were sent back at some time.")
    waiting: int = Field(description="Of these, those that wait for the person.")
    corrected: int = Field(description="Answers that the person changed after submitting, without being asked to.")
    weeks: list[WorkWeekDocument] = Field(description="The last 26, from the first answer in them on.")
    questions: list[BesideDocument] = Field(description="Those that were measured.")


def work_document(work: Work) -> dict[str, Any]:
    """Return what somebody did."""
    low, high = work.overruled_interval
    return {
        "answers": work.answers,
        "skipped": work.skipped,
        "skips": [{"reason": each.reason, "count": each.count} for each in work.skips],
        "recent_seconds": work.recent_seconds,
        "earlier_seconds": work.earlier_seconds,
        "overruled": {
            "decided": work.reviewed,
            "overruled": work.overruled,
            "share": work.overruled_share,
            "low": low,
            "high": high,
        },
        "returned": work.returned,
        "waiting": work.waiting,
        "corrected": work.corrected,
    }


def beside_document(beside: BesideOthers) -> dict[str, Any]:
    """Return how answers to one question stand beside those of the others."""
    return {
        "question": beside.question.name,
        "computed_at": beside.read_at,
        "beside": beside.part.model_dump() if beside.part else None,
        "uses": [use.model_dump() for use in beside.uses],
        "course": beside.course.model_dump(mode="json") if beside.course else None,
    }


class PersonStatistics(Endpoint):
    """What one person did."""

    @operation(
        "person_statistics",
        "Read what a person did",
        tag=TAG,
        needs=Scope.READ,
        returns={200: StatisticsDocument},
        description="By the person, or by a reviewer; for others it is not there. `person_id` is that of the person, "
        "not of the membership.",
    )
    def get(self, request: Request, slug: str, person_id: int) -> Response:
        """Return what the page of a person tells."""
        project, person = access.person_for(actor(request), slug, person_id)
        weeks = [
            {"week": span.begins, "answers": span.answers, "skipped": span.skipped, "seconds": span.seconds}
            for span in work_reads.spans_of(project, person)
        ]
        questions = [beside_document(each) for each in person_reads.beside_others(project, person)]
        told = {"person": person.pk, "name": str(person)} | work_document(work_reads.work_of(project, person))
        return Response(told | {"weeks": weeks, "questions": questions})
