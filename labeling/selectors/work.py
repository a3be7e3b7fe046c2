"""What one person did in a project: how much, how fast, what they skipped, and what reviewers made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import Aggregate, Count, FloatField, Q
from django.db.models.functions import Trunc
from django.utils import timezone

from labeling.models import AnnotationState, SkipReason
from labeling.scoring.intervals import wilson
from labeling.selectors import my_answers as my_answer_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Annotation, Project, User

By = Literal["day", "week"]
SPANS: dict[By, int] = {"day": 28, "week": 26}
"""Of how many days or weeks is told."""
RECENT_DAYS = 7
SUBMITTED = Q(state=AnnotationState.SUBMITTED)
TIMED = SUBMITTED & Q(lead_time_ms__gt=0)


class Quantile(Aggregate):
    """A quantile of the values: `Quantile("lead_time_ms", share=0.5)` is their median."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Span:
    """One day or week.

    Parameters
    ----------
    begins, ends
        Its first and last day.
    answers, skipped
        Answers that were given or changed last in it, and tasks skipped.
    seconds, quarter, three_quarters
        The median time per answer and the quartiles around it; None where no time was taken.
    """

    begins: date
    ends: date
    answers: int = 0
    skipped: int = 0
    seconds: float | None = None
    quarter: float | None = None
    three_quarters: float | None = None


@dataclass(frozen=True, slots=True)
class Skips:
    """How many tasks were skipped for a reason."""

    reason: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Work:
    """What one person did.

    Parameters
    ----------
    answers, skipped
        In all.
    recent_seconds, earlier_seconds
        The median time per answer of the last seven days, and before.
    skips
        The reasons, most frequent first.
    reviewed, overruled
        Answers to tasks that a reviewer decided, and those of them where the reviewer said otherwise.
    returned, waiting
        Answers that were ever sent back, and those that wait for the person now.
    corrected
        Answers that the person changed after submitting them, without being asked to.
    """

    answers: int
    skipped: int
    recent_seconds: float | None
    earlier_seconds: float | None
    skips: list[Skips]
    reviewed: int
    overruled: int
    returned: int
    waiting: int
    corrected: int

    @property
    def overruled_share(self) -> float | None:
        """Return the share of decided answers where the reviewer said otherwise."""
        return self.overruled / self.reviewed if self.reviewed else None

    @property
    def overruled_interval(self) -> tuple[float, float]:
        """Return the 95 % interval of that share."""
        return wilson(self.overruled, self.reviewed)


def work_of(project: Project, person: User) -> Work:
    """Return what a person did in a project; kept for a while if it was expensive."""
    return progress_reads.kept(f"work:{project.pk}:{person.pk}", lambda: _work_of(project, person))


def _work_of(project: Project, person: User) -> Work:
    found, schema = my_answer_reads.answers_of(project, person), version_reads.schema(project.pk)
    recent = Q(updated_at__gte=my_answer_reads.day_begins(recent_since()))
    told = found.aggregate(
        answers=Count("pk", filter=SUBMITTED),
        skipped=Count("pk", filter=~SUBMITTED),
        recent=Quantile("lead_time_ms", share=0.5, filter=TIMED & recent),
        earlier=Quantile("lead_time_ms", share=0.5, filter=TIMED & ~recent),
    )

    def count(outcome: str) -> int:
        return my_answer_reads.with_outcome(found, outcome, schema).count()

    return Work(
        answers=told["answers"],
        skipped=told["skipped"],
        recent_seconds=_seconds(told["recent"]),
        earlier_seconds=_seconds(told["earlier"]),
        skips=_skips(found),
        reviewed=count("reviewed"),
        overruled=count("changed"),
        returned=count("returned"),
        waiting=count("sent_back"),
        corrected=count("corrected"),
    )


def recent_since() -> date:
    """Return the first of the last seven days."""
    return timezone.localdate() - timedelta(days=RECENT_DAYS - 1)


def _skips(found: QuerySet[Annotation]) -> list[Skips]:
    rows = found.filter(state=AnnotationState.SKIPPED).values_list("skip_reason").annotate(n=Count("pk"))
    words = dict(SkipReason.choices)
    rows = rows.order_by("-n", "skip_reason")
    return [Skips(reason, str(words.get(reason, "No reason")), count) for reason, count in rows]


def spans_of(project: Project, person: User, by: By = "week") -> list[Span]:
    """Return the last days or weeks of a person, oldest first, from their first answer in them on."""
    return progress_reads.kept(f"spans:{by}:{project.pk}:{person.pk}", lambda: _spans_of(project, person, by))


def _spans_of(project: Project, person: User, by: By) -> list[Span]:
    today = timezone.localdate()
    length = 7 if by == "week" else 1
    newest = today - timedelta(days=today.weekday()) if by == "week" else today
    begins = [newest - timedelta(days=length * back) for back in range(SPANS[by])][::-1]
    rows = {
        row["at"].date(): row
        for row in my_answer_reads.answers_of(project, person)
        .filter(updated_at__gte=my_answer_reads.day_begins(begins[0]))
        .annotate(at=Trunc("updated_at", by))
        .values("at")
        .annotate(
            answers=Count("pk", filter=SUBMITTED),
            skipped=Count("pk", filter=~SUBMITTED),
            median=Quantile("lead_time_ms", share=0.5, filter=TIMED),
            quarter=Quantile("lead_time_ms", share=0.25, filter=TIMED),
            three_quarters=Quantile("lead_time_ms", share=0.75, filter=TIMED),
        )
        .order_by("at")
    }
    if not rows:
        return []
    return [_span(day, day + timedelta(days=length - 1), rows.get(day)) for day in begins if day >= min(rows)]


def _span(begins: date, ends: date, row: dict[str, Any] | None) -> Span:
    if row is None:
        return Span(begins, ends)
    times = (_seconds(row[name]) for name in ("median", "quarter", "three_quarters"))
    return Span(begins, ends, row["answers"], row["skipped"], *times)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
