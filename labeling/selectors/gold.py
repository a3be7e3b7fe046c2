"""How well people answer gold tasks, and how well each gold task is answered. Nobody is ranked."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from labeling.models import GoldAnswer, GoldServing, User
from labeling.scoring.intervals import beta
from labeling.selectors import versions as version_reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import QuerySet

    from labeling.kinds.schema import Schema
    from labeling.models import Project

ENOUGH = 30
"""With fewer gold tasks a person's accuracy says next to nothing, and is not compared."""


@dataclass(slots=True)
class Accuracy:
    """How many of so many answers were right."""

    right: int = 0
    total: int = 0

    def add(self, right: bool) -> None:  # noqa: FBT001 - the one thing there is to add
        """Count one more answer."""
        self.right += right
        self.total += 1

    @property
    def share(self) -> float | None:
        """The share that was right; None without any answer."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the true share."""
        return beta(self.right, self.total - self.right)

    @property
    def low_percent(self) -> int:
        """The lower end of the interval in percent, rounded down."""
        return math.floor(self.interval[0] * 100)

    @property
    def high_percent(self) -> int:
        """The upper end of the interval in percent, rounded up."""
        return math.ceil(self.interval[1] * 100)

    @property
    def is_telling(self) -> bool:
        """Whether there are enough answers to say anything."""
        return self.total >= ENOUGH


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """How gold tasks with one label were answered."""

    name: str
    accuracy: Accuracy


@dataclass(slots=True)
class GoldRecord:
    """How a person answered gold: in all, and by question and label of the gold answer."""

    person: User
    overall: Accuracy = field(default_factory=Accuracy)
    labels: defaultdict[tuple[str, str], Accuracy] = field(default_factory=lambda: defaultdict(Accuracy))
    missed: list[int] = field(default_factory=list)
    """The tasks answered wrong, the newest first."""
    skipped: int = 0

    @property
    def by_label(self) -> list[LabelRecord]:
        """The accuracy per label, those missed most often first."""
        found = [LabelRecord(name, accuracy) for (_, name), accuracy in self.labels.items()]
        return sorted(found, key=lambda label: (label.accuracy.right - label.accuracy.total, label.name))


@dataclass(frozen=True, slots=True)
class _Graded:
    """A person's first answer to a gold task beside the gold answers: by question, whether it is the same."""

    serving: GoldServing
    same: Mapping[str, bool]
    classes: Mapping[str, Sequence[str]]

    @property
    def right(self) -> bool:
        """Whether all questions were answered as gold says."""
        return all(self.same.values())


def waiting_for(project: Project, person: User) -> tuple[int, ...]:
    """Return the gold tasks that the person was given and has not answered: what is known of them is kept from them."""
    if not project.gold_share:
        return ()
    waiting = GoldServing.objects.filter(project=project, user=person, answered_at=None)
    return tuple(waiting.order_by("pk").values_list("task_id", flat=True))


def _graded(project: Project, servings: QuerySet[GoldServing]) -> Iterator[_Graded]:
    """Yield what was answered to tasks that are gold now, as gold says today, the newest first."""
    schema = version_reads.schema(project.pk)
    known: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    current = GoldAnswer.objects.filter(project=project, retired_at=None)
    for task, question, value in current.values_list("task_id", "question", "value"):
        known[task][question] = value
    compare = _Comparison(schema)
    answered = servings.filter(answers__isnull=False, task_id__in=list(known))
    for serving in answered.select_related("user").order_by("-answered_at", "-pk"):
        gold = known[serving.task_id]
        given = serving.answers or {}
        yield _Graded(
            serving,
            same={name: compare.is_same(name, value, given.get(name)) for name, value in gold.items()},
            classes={name: compare.classes(name, value) for name, value in gold.items()},
        )


class _Comparison:
    """Compares answers as their kinds do, each two different ones once."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._same: dict[tuple[str, str, str], bool] = {}

    def is_same(self, name: str, gold: Any, given: Any) -> bool:
        """Return whether a person would call these the same answer; no answer is another one."""
        question = self._schema.question(name)
        if question is None or given is None:
            return False
        key = (name, json.dumps(gold, sort_keys=True), json.dumps(given, sort_keys=True))
        if key not in self._same:
            self._same[key] = question.same(question.load(gold), question.load(given))
        return self._same[key]

    def classes(self, name: str, gold: Any) -> list[str]:
        """Return the labels in a gold answer."""
        question = self._schema.question(name)
        return question.classes(question.load(gold)) if question is not None else []


def records(project: Project, *, person: User | None = None) -> list[GoldRecord]:
    """Return how people answered gold, or one of them, by their names: the order says nothing."""
    servings = GoldServing.objects.filter(project=project)
    if person is not None:
        servings = servings.filter(user=person)
    found: dict[int, GoldRecord] = {}
    for graded in _graded(project, servings):
        person_id = graded.serving.user_id
        record = found.setdefault(person_id, GoldRecord(graded.serving.user))
        record.overall.add(graded.right)
        if not graded.right:
            record.missed.append(graded.serving.task_id)
        for question, classes in graded.classes.items():
            for name in classes:
                record.labels[question, name].add(graded.same[question])
    skips = (
        servings.filter(answered_at__isnull=False, answers__isnull=True).values_list("user_id").annotate(n=Count("pk"))
    )
    for person_id, count in skips:
        if person_id in found:
            found[person_id].skipped = count
    return sorted(found.values(), key=lambda record: (str(record.person).lower(), record.person.pk))


@dataclass(frozen=True, slots=True)
class GoldTask:
    """A gold task, what is known of it, and how it was answered."""

    task: int
    answers: Mapping[str, Any]
    accuracy: Accuracy
    skipped: int
    wrong: tuple[tuple[Mapping[str, Any], int], ...]
    """The wrong answers with how many gave each, the most frequent first."""


def gold_tasks(project: Project) -> list[GoldTask]:
    """Return the project's gold tasks, those that most people fail first."""
    answers: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    current = GoldAnswer.objects.filter(project=project, retired_at=None).order_by("question")
    for task, question, value in current.values_list("task_id", "question", "value"):
        answers[task][question] = value
    accuracy: defaultdict[int, Accuracy] = defaultdict(Accuracy)
    wrong: defaultdict[int, Counter[str]] = defaultdict(Counter)
    servings = GoldServing.objects.filter(project=project)
    for graded in _graded(project, servings):
        task = graded.serving.task_id
        accuracy[task].add(graded.right)
        if not graded.right:
            wrong[task][json.dumps(graded.serving.answers, sort_keys=True)] += 1
    skips = dict(
        servings.values_list("task_id").annotate(
            n=Count("pk", filter=Q(answered_at__isnull=False, answers__isnull=True))
        )
    )
    found = [
        GoldTask(
            task,
            known,
            accuracy[task],
            skips.get(task, 0),
            tuple((json.loads(answers), people) for answers, people in wrong[task].most_common()),
        )
        for task, known in answers.items()
    ]
    return sorted(found, key=lambda gold: (gold.accuracy.share is None, gold.accuracy.share or 0, gold.task))
