"""What was measured of the agreement between people, and how much of it is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from labeling.models import ALIVE, JobRun, JobState, Label, TaskAgreement, TaskState, User
from labeling.selectors import versions as version_reads
from quality.models import AgreementReport, ConsensusChoice
from quality.models.agreement import AgreementDocument
from quality.selectors.corrections import REVIEWERS
from quality.selectors.several_answers import count_new

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

KIND = "quality.agreement"
MOST_SHOWN = 8
MOST_NEW = 1_000
"""New answers are counted up to so many."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of a question, and how many answers are newer."""

    question: Question
    document: AgreementDocument
    read_at: datetime
    new: int

    @property
    def many_new(self) -> bool:
        """Whether more answers are new than were counted."""
        return self.new >= MOST_NEW


def reports_for(project: Project, question: str = "") -> list[Report]:
    """Return what was measured of the project's questions as they are now; of one, if it is named."""
    rows = {row.question: row for row in AgreementReport.objects.filter(project=project)}
    newest: dict[datetime, int] = {}
    reports = []
    for each in version_reads.schema(project.pk).questions:
        row = rows.get(each.name)
        if row is None or question not in {"", each.name}:
            continue
        if row.read_at not in newest:
            newest[row.read_at] = count_new(project, since=row.read_at, most=MOST_NEW)
        document = AgreementDocument.load(row.document)
        if document.kind == each.kind:  # a question of that name that was another one
            reports.append(Report(each, document, row.read_at, newest[row.read_at]))
    return reports


def people_whose_drift_is_told(project: Project, question: Question) -> set[int]:
    """Return the people of whom managers were told that their answers drift."""
    row = AgreementReport.objects.filter(project=project, question=question.name).first()
    return {course.person for course in AgreementDocument.load(row.document).courses if course.told} if row else set()


def names_of(reports: list[Report]) -> dict[int, User]:
    """Return the people whom reports tell of."""
    told = {person.person for report in reports for person in report.document.persons}
    told |= {side.person for report in reports for part in report.document.confusion for side in part.sides}
    return User.objects.in_bulk(told)


def job_alive(project: Project) -> JobRun | None:
    """Return the job that measures agreement now, or waits to."""
    return JobRun.objects.filter(project=project, kind=KIND, state__in=ALIVE).order_by("-pk").first()


def last_job(project: Project) -> JobRun | None:
    """Return the newest job that measured agreement, or tried to."""
    return JobRun.objects.filter(project=project, kind=KIND).order_by("-pk").first()


def has_failed(job: JobRun | None) -> bool:
    """Tell whether a job ended without a result."""
    return job is not None and job.state in {JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Undecided:
    """Tasks on which people differ and that no reviewer has decided, least agreement first, and how many they are."""

    tasks: list[TaskAgreement]
    total: int


def undecided(project: Project, question: str) -> Undecided:
    """Return the tasks where deciding pays most: people differ, and no reviewer has had the last word."""
    by_reviewers = Label.objects.filter(
        task_id=OuterRef("task_id"), question=question, retired_at=None, source__in=REVIEWERS
    )
    found = TaskAgreement.objects.filter(project=project, question=question, differs=True).filter(~Exists(by_reviewers))
    found = found.exclude(task__queue_entry__state=TaskState.QUARANTINED)
    first = found.select_related("task").defer("task__data", "task__meta").order_by("agreement", "task_id")
    return Undecided(list(first[:MOST_SHOWN]), found.count())


def chosen_method(project: Project, question: str) -> str:
    """Return the method by which several answers become a question's label; empty: the kind's own rule."""
    chosen = ConsensusChoice.objects.filter(project=project, question=question).values_list("method", flat=True)
    return chosen.first() or ""
