"""How one person's answers stand beside those of the others, question by question, as of the last measurement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from quality.selectors import agreement as agreement_reads

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project, User
    from quality.models.agreement import AgreementDocument, CoursePart, PersonPart, UsePart


@dataclass(frozen=True, slots=True)
class BesideOthers:
    """One question: the person, all together, and how often the person gives each label.

    Parameters
    ----------
    part
        None where the person answered no task that others answered.
    uses
        Those first that the person gives most more, or less, often than the others.
    course
        How the person's answers match those of the others over time; None where none could be compared.
    """

    question: Question
    document: AgreementDocument
    read_at: datetime
    part: PersonPart | None
    uses: list[UsePart]
    course: CoursePart | None


def beside_others(project: Project, person: User) -> list[BesideOthers]:
    """Return how a person's answers stand beside those of the others, for each question that was measured."""
    return [
        BesideOthers(
            question=report.question,
            document=report.document,
            read_at=report.read_at,
            part=next((part for part in report.document.persons if part.person == person.pk), None),
            uses=sorted(
                (use for use in report.document.uses if use.person == person.pk),
                key=lambda use: (-abs(use.said - use.others), use.label),
            ),
            course=next((course for course in report.document.courses if course.person == person.pk), None),
        )
        for report in agreement_reads.reports_for(project)
    ]
