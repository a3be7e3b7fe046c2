"""How far a project is: per label, per person, how fast, and when it will be done at that pace."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from labeling.models import Annotation, AnnotationState, Lease, QueueEntry, TaskState, User
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from labeling.kinds.schema import Question
    from labeling.models import Project

T = TypeVar("T")

CHEAP_SECONDS = 0.05
"""A count that took less is made afresh each time."""
KEPT_FACTOR = 100
"""A count that took longer is kept a hundred times as long as it took, two minutes at most."""
KEPT_MAX = 120

PACE_DAYS = 7
PACE_LEAST = 10
"""Answers from which on a pace is worth telling."""

# Most tasks have the same few combinations of labels: counted first, they are few to take apart.
_BY_CLASS = """
SELECT question, class, sum(tasks)
FROM (
    SELECT question, classes, count(*) AS tasks FROM labeling_label
    WHERE project_id = %s AND retired_at IS NULL GROUP BY question, classes
) counted, unnest(classes) AS class
GROUP BY question, class
"""

# One step into the index per project, however much the person answered.
_LAST_IN = """
SELECT p.id
FROM unnest(%(projects)s::bigint[]) AS p(id),
     LATERAL (
         SELECT updated_at FROM labeling_annotation a
         WHERE a.project_id = p.id AND a.annotator_id = %(user)s
         ORDER BY a.updated_at DESC LIMIT 1
     ) latest
ORDER BY latest.updated_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tasks of a project by where they stand."""

    total: int = 0
    labeled: int = 0
    quarantined: int = 0
    disputed: int = 0

    @property
    def wanted(self) -> int:
        """Tasks that are to be labeled or are: all but the quarantined."""
        return self.total - self.quarantined

    @property
    def todo(self) -> int:
        """Tasks that still need an answer."""
        return self.wanted - self.labeled - self.disputed


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many tasks carry a label."""

    name: str
    title: str
    color: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many labels of a question stand in a group, those in the groups within it included.

    A task with two labels of the group has two of them.
    """

    path: str
    count: int


@dataclass(frozen=True, slots=True)
class QuestionProgress:
    """The labels of one question, those of the schema in its order, and how many tasks carry each."""

    name: str
    title: str
    kind: str
    labels: list[LabelCount]
    groups: list[GroupCount]

    @property
    def most(self) -> int:
        """The largest count, to draw bars against."""
        return max((label.count for label in self.labels), default=0)

    @property
    def total(self) -> int:
        """Labels in all."""
        return sum(label.count for label in self.labels)


@dataclass(frozen=True, slots=True)
class PersonProgress:
    """What one person answered."""

    person: User
    answered: int
    skipped: int
    recent: int
    seconds: float | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast answers come, and when the last one will be there if it stays so."""

    answers: int
    people: int
    per_day: float
    remaining: int
    finish: datetime | None


def kept(key: str, compute: Callable[[], T]) -> T:
    """Return what `compute` returns; kept for a while if it was expensive."""
    found: T | None = cache.get(key)
    if found is not None:
        return found
    began = time.monotonic()
    value = compute()
    took = time.monotonic() - began
    if took > CHEAP_SECONDS:
        cache.set(key, value, min(KEPT_MAX, took * KEPT_FACTOR))
    return value


def counts(project_ids: Sequence[int]) -> dict[int, Counts]:
    """Return the tasks of each project by state, in one query for all of them."""
    ids = sorted(project_ids)
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return kept(f"progress:counts:{digest}", lambda: _counts(ids))


def _counts(project_ids: Sequence[int]) -> dict[int, Counts]:
    states: dict[int, dict[str, int]] = {pk: {} for pk in project_ids}
    rows = QueueEntry.objects.filter(project_id__in=project_ids).values("project_id", "state").annotate(n=Count("pk"))
    for row in rows.order_by():
        states[row["project_id"]][row["state"]] = row["n"]
    return {
        pk: Counts(
            total=sum(by_state.values()),
            labeled=by_state.get(TaskState.LABELED, 0),
            quarantined=by_state.get(TaskState.QUARANTINED, 0),
            disputed=by_state.get(TaskState.DISPUTED, 0),
        )
        for pk, by_state in states.items()
    }


def by_label(project: Project) -> list[QuestionProgress]:
    """Return, for each question that has classes, how many tasks carry each label."""
    found = kept(f"progress:labels:{project.pk}", lambda: _class_counts(project.pk))
    questions = version_reads.schema(project.pk).questions
    return [_question(question, found) for question in questions if question.options]


def _class_counts(project_id: int) -> dict[tuple[str, str], int]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_CLASS, [project_id])
        return {(question, name): int(count) for question, name, count in cursor.fetchall()}


def _question(question: Question, found: dict[tuple[str, str], int]) -> QuestionProgress:
    labels = [
        LabelCount(option.name, option.title, option.color, count=found.get((question.name, option.name), 0))
        for option in question.options
    ]
    return QuestionProgress(
        name=question.name,
        title=question.title or question.name,
        kind=question.kind,
        labels=labels,
        groups=_groups(question, labels),
    )


def _groups(question: Question, labels: Sequence[LabelCount]) -> list[GroupCount]:
    found = dict.fromkeys(question.groups, 0)
    for option, label in zip(question.options, labels, strict=True):
        for path in option.groups:
            found[path] += label.count
    return [GroupCount(path, count) for path, count in found.items()]


def by_person(project: Project, *, limit: int = 12) -> list[PersonProgress]:
    """Return what people answered, the most recently active first."""
    rows = kept(f"progress:people:{project.pk}", lambda: _person_rows(project.pk))
    newest = sorted(rows, key=lambda row: row["last_at"], reverse=True)[:limit]
    people = User.objects.in_bulk([row["annotator_id"] for row in newest])
    return [_person_progress(people[row["annotator_id"]], row) for row in newest]


def progress_of_person(project: Project, user: User) -> PersonProgress | None:
    """Return what one person answered; nothing before their first answer."""
    rows = _person_rows(project.pk, annotator=user)
    return _person_progress(user, rows[0]) if rows else None


def _person_progress(person: User, row: dict[str, Any]) -> PersonProgress:
    return PersonProgress(
        person=person,
        answered=row["answered"],
        skipped=row["skipped"],
        recent=row["recent"],
        seconds=row["lead"] / row["answered"] / 1000 if row["answered"] and row["lead"] else None,
        last_at=row["last_at"],
    )


def _person_rows(project_id: int, **only: Any) -> list[dict[str, Any]]:
    since = timezone.now() - timedelta(days=PACE_DAYS)
    submitted = Q(state=AnnotationState.SUBMITTED)
    rows = (
        Annotation.objects.filter(project_id=project_id, **only)
        .exclude(state=AnnotationState.DRAFT)
        .values("annotator_id")
        .annotate(
            answered=Count("pk", filter=submitted),
            skipped=Count("pk", filter=Q(state=AnnotationState.SKIPPED)),
            recent=Count("pk", filter=submitted & Q(updated_at__gte=since)),
            lead=Sum("lead_time_ms", filter=submitted),
            last_at=Max("updated_at"),
        )
    )
    return list(rows.order_by())


def pace(project: Project) -> Pace:
    """Return how fast the last week's answers came, and when the open ones will be done at that pace."""
    return kept(f"progress:pace:{project.pk}", lambda: _pace(project.pk))


def _pace(project_id: int) -> Pace:
    now = timezone.now()
    since = now - timedelta(days=PACE_DAYS)
    recent = Annotation.objects.filter(
        project_id=project_id, state=AnnotationState.SUBMITTED, updated_at__gte=since
    ).aggregate(n=Count("pk"), people=Count("annotator_id", distinct=True), first=Min("updated_at"))
    waiting = QueueEntry.objects.filter(project_id=project_id, state=TaskState.TODO, open_slots__gt=0)
    remaining = (waiting.aggregate(slots=Sum("open_slots"))["slots"] or 0) + Lease.objects.filter(
        project_id=project_id
    ).count()
    finish, per_day = None, 0.0
    if recent["n"]:
        hours = max(1.0, (now - recent["first"]).total_seconds() / 3600)
        # Within the first day the pace of those hours says more than a day that is not over.
        per_day = recent["n"] / max(1.0, hours / 24)
        if recent["n"] >= PACE_LEAST and remaining:
            finish = now + timedelta(days=min(3650.0, remaining / per_day))
    return Pace(answers=recent["n"], people=recent["people"], per_day=per_day, remaining=remaining, finish=finish)


def answered_by(user: User, *, up_to: int) -> int:
    """Count what a person answered anywhere, no further than asked."""
    return Annotation.objects.filter(annotator=user).exclude(state=AnnotationState.DRAFT)[:up_to].count()


def answered_today(project: Project, user: User) -> int:
    """Return how many tasks of a project a person submitted or skipped since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Annotation.objects.filter(project=project, annotator=user, updated_at__gte=midnight)
        .exclude(state=AnnotationState.DRAFT)
        .count()
    )


def last_project_of(user: User, project_ids: Iterable[int]) -> int | None:
    """Return the project in which the person answered last."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_IN, {"user": user.pk, "projects": list(project_ids)})
        row = cursor.fetchone()
    return row[0] if row else None
