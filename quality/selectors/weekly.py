"""What the people of a project did in one week, each and all together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef

from labeling.models import Annotation, AnnotationState, Label, User
from labeling.selectors import my_answers as my_answer_reads
from labeling.selectors import versions as version_reads
from labeling.selectors.work import SUBMITTED, TIMED, Quantile
from quality.selectors import agreement as agreement_reads

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project


@dataclass(frozen=True, slots=True)
class Row:
    """What somebody, or everybody, did in a week.

    Parameters
    ----------
    person
        None: all together.
    answers, skipped
        Answers that were given or last changed in the week, and tasks skipped.
    finished
        Tasks answered in the week that have a label by now; together each counts once.
    seconds
        The median time per answer, None where none was taken.
    compared, matched
        Answers that could be compared with most of the others, and those that say the same, as of the last measurement.
    decided, overruled
        Answers to tasks that a reviewer decided by now, and those where the reviewer said otherwise.
    """

    person: User | None = None
    answers: int = 0
    skipped: int = 0
    finished: int = 0
    seconds: float | None = None
    compared: int = 0
    matched: int = 0
    decided: int = 0
    overruled: int = 0

    @property
    def agreement(self) -> float | None:
        """Return the share of compared answers that match."""
        return self.matched / self.compared if self.compared else None

    @property
    def overruled_share(self) -> float | None:
        """Return the share of decided answers where the reviewer said otherwise."""
        return self.overruled / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """One week: a row for each person, by name, and one for all."""

    begins: date
    ends: date
    rows: list[Row]
    together: Row


def monday_of(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def weekly_report(project: Project, begins: date) -> WeeklyReport:
    """Return what was done in the week that begins on a Monday; the same number of queries for any number of people."""
    ends = begins + timedelta(days=6)
    found = Annotation.objects.filter(
        project=project,
        updated_at__gte=my_answer_reads.day_begins(begins),
        updated_at__lt=my_answer_reads.day_begins(ends + timedelta(days=1)),
    ).exclude(state=AnnotationState.DRAFT)
    told = {
        row["annotator"]: row
        for row in found.order_by()
        .values("annotator")
        .annotate(
            answers=Count("pk", filter=SUBMITTED),
            skipped=Count("pk", filter=~SUBMITTED),
            median=Quantile("lead_time_ms", share=0.5, filter=TIMED),
        )
    }
    schema = version_reads.schema(project.pk)
    labeled = Label.objects.filter(task=OuterRef("task"), retired_at=None)
    finished = found.filter(Exists(labeled), state=AnnotationState.SUBMITTED)
    counts = {
        "finished": _by_person(finished),
        "decided": _by_person(my_answer_reads.with_outcome(found, "reviewed", schema)),
        "overruled": _by_person(my_answer_reads.with_outcome(found, "changed", schema)),
    }
    compared, matched = _matches(project, begins)
    people = User.objects.in_bulk(list(told))
    rows = [
        Row(
            person=people[pk],
            answers=row["answers"],
            skipped=row["skipped"],
            seconds=None if row["median"] is None else row["median"] / 1000,
            compared=compared.get(pk, 0),
            matched=matched.get(pk, 0),
            **{name: of.get(pk, 0) for name, of in counts.items()},
        )
        for pk, row in told.items()
    ]
    rows.sort(key=lambda row: (str(row.person).casefold(), row.person.pk if row.person else 0))
    median = found.aggregate(median=Quantile("lead_time_ms", share=0.5, filter=TIMED))["median"]
    together = replace(
        _sum(rows),
        finished=finished.values("task").distinct().count(),
        seconds=None if median is None else median / 1000,
    )
    return WeeklyReport(begins, ends, rows, together)


def _by_person(found: QuerySet[Annotation]) -> dict[int, int]:
    return dict(found.order_by().values_list("annotator").annotate(n=Count("pk")))


def _matches(project: Project, begins: date) -> tuple[dict[int, int], dict[int, int]]:
    """Return, by person, how many answers of the week were compared, and how many match, over all questions."""
    compared: dict[int, int] = {}
    matched: dict[int, int] = {}
    for report in agreement_reads.reports_for(project):
        for course in report.document.courses:
            for week in course.weeks:
                if week.week == begins:
                    compared[course.person] = compared.get(course.person, 0) + week.compared
                    matched[course.person] = matched.get(course.person, 0) + week.matched
    return compared, matched


def _sum(rows: list[Row]) -> Row:
    names = ("answers", "skipped", "compared", "matched", "decided", "overruled")
    return Row(**{name: sum(getattr(row, name) for row in rows) for name in names})
