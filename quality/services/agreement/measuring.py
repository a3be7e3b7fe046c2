"""Make a question's report from the answers of several people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quality.models.agreement import (
    AgreementDocument,
    AlphaPart,
    BarPart,
    ChangePart,
    ConfusionPart,
    LabelPart,
    NeededPart,
    PairPart,
    PersonPart,
    SidePart,
    UsePart,
    VersionPart,
    WeekPart,
)
from quality.scoring.agreement import alpha as scoring
from quality.scoring.agreement.confusion import NEITHER, confusions
from quality.scoring.agreement.dawid_skene import Skills, dawid_skene, people_needed
from quality.scoring.agreement.people import closeness, kappas, label_use, without_each
from quality.scoring.agreement.ratings import MAX_PAIRS, Computed, Distances, Ratings, Table, ratings
from quality.scoring.agreement.readings import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.kinds.schema import Question
    from quality.learning.arrays import Doubles, Integers, Mask
    from quality.selectors.several_answers import SeveralAnswers, VersionedAnswer

MOST_KNOWN = 500
"""Up to so many different answers every distance is worked out beforehand."""
MOST_PEOPLE = 60
"""So many people, those with most answers, are told one by one."""
MOST_CONFUSIONS = 50
MOST_WEEKS = 26
BARS = 10
LEAST_FOR_SKILLS = 20
"""Tasks with several answers from which skills are fitted."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """How far people agree on one task."""

    task: int
    answers: int
    agreement: float
    differs: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A question's report, a row per task, and what it rests on."""

    document: AgreementDocument
    rows: list[TaskRow]
    sheet: Sheet
    skills: Skills | None = None


def measure_agreement(
    question: Question,
    answers: SeveralAnswers,
    by_guideline: Iterable[VersionedAnswer],
    progress: Callable[[int, int], None],
) -> Measured:
    """Measure how far people agree on a question; `progress` is told how many of how many parts are done."""
    told = iter(range(1, 6))

    def done() -> None:
        progress(next(told), 5)

    sheet = Sheet(question, answers)
    found, distances = sheet.found, sheet.distances
    if found.size == 0:
        return Measured(
            AgreementDocument(kind=question.kind, assisted=answers.assisted, alpha=_alpha(sheet)), [], sheet
        )
    apart = scoring.disagreements(*sheet.seen())
    rows = sheet.rows(apart)
    done()
    skills = sheet.skills()
    fleiss, why = scoring.fleiss(found, distances.size)
    main = _alpha(sheet)
    document = AgreementDocument(
        kind=question.kind,
        tasks=found.size,
        people=len(sheet.people),
        answers=found.values.size,
        left_out=found.size - sheet.seen()[0].size,
        alpha=main,
        percent=scoring.percent(found),
        fleiss=fleiss,
        fleiss_undefined=why,
        differ=sum(row.differs for row in rows),
        assisted=answers.assisted,
        histogram=_bars([row.agreement for row in rows]),
    )
    done()
    labels, confusion, uses = sheet.by_label(), sheet.confusion(), sheet.uses()
    done()
    pairs, persons = sheet.pairs(), sheet.persons(skills)
    done()
    versions, changes = sheet.by_version(), sheet.by_change(by_guideline)
    document = document.model_copy(
        update={
            "labels": labels, "confusion": confusion, "uses": uses, "pairs": pairs, "persons": persons,
            "versions": versions, "changes": changes, "weeks": sheet.by_week(),
            "needed": _needed(skills),
        }
    )  # fmt: skip
    done()
    return Measured(document, rows, sheet, skills)


class Sheet:
    """The answers as numbers.

    Attributes
    ----------
    found
        The answers of tasks that several people answered.
    tasks
        Shape (n,): the task of each item.
    people
        The person at each position.
    loaded
        The different answers.
    names
        What the question offers.
    has
        Shape (k, c): which of that each of the different answers has.
    """

    def __init__(self, question: Question, answers: SeveralAnswers) -> None:
        self.question, self.answers = question, answers
        self.loaded = [question.load(answer) for answer in answers.different]
        tasks, people = (np.array(ids, dtype=np.int64) for ids in (answers.tasks, answers.people))
        values = np.array(answers.values, dtype=np.int64)
        self.people: list[int] = np.unique(people).tolist()
        # Which row of the answers each row of the ratings is: ratings are sorted as the answers are.
        counts = np.unique(tasks, return_inverse=True, return_counts=True)
        self.kept = np.flatnonzero(counts[2][counts[1]] > 1) if tasks.size else np.zeros(0, dtype=np.int64)
        self.found = ratings(tasks, np.searchsorted(self.people, people), values)
        self.tasks = np.unique(tasks[self.kept])
        self.distances = self._distances()
        self.names = question.class_names
        self.has = self._has()

    def _distances(self) -> Distances:
        size, loaded, distance = len(self.loaded), self.loaded, self.question.distance
        if size <= MOST_KNOWN:
            table = np.zeros((size, size))
            for one in range(size):
                for other in range(one):
                    table[one, other] = table[other, one] = distance(loaded[one], loaded[other])
            return Table(table)

        @lru_cache(maxsize=200_000)
        def between(one: int, other: int) -> float:
            return distance(loaded[one], loaded[other])

        return Computed(size, lambda one, other: between(min(one, other), max(one, other)))

    def _has(self) -> Mask:
        at = {name: position for position, name in enumerate(self.names)}
        has = np.zeros((len(self.loaded), len(self.names)), dtype=bool)
        for row, answer in enumerate(self.loaded):
            for name in self.question.classes(answer):
                if name in at:
                    has[row, at[name]] = True
        return has

    def seen(self) -> tuple[Ratings, Distances]:
        """Return the answers whose distances are looked at, with the distances."""
        if isinstance(self.distances, Table):
            return self.found, self.distances
        return self.found.first_items(MAX_PAIRS)[0], self.distances

    def rows(self, apart: Doubles) -> list[TaskRow]:
        """Return how far people agree on each task that was looked at."""
        found = self.found
        low = np.full(found.size, np.iinfo(np.int64).max)
        high = np.full(found.size, -1)
        np.minimum.at(low, found.items, found.values)
        np.maximum.at(high, found.items, found.values)
        near = np.clip(1 - apart, 0, 1)
        columns = zip(self.tasks.tolist(), found.sizes.tolist(), near.tolist(), (low != high).tolist(), strict=False)
        return [TaskRow(*row) for row in columns]

    def is_one_label(self) -> bool:
        """Whether every answer is exactly one of the options."""
        return bool(self.names) and bool((self.has.sum(axis=1) == 1).all())

    def skills(self) -> Skills | None:
        """Return who is right how often, where answers are one label and there are enough."""
        found = self.found
        if not self.is_one_label() or found.size < LEAST_FOR_SKILLS:
            return None
        classes = self.has.argmax(axis=1)[found.values]
        return dawid_skene(
            found.items, found.people, classes, size=found.size, crowd=len(self.people), width=len(self.names)
        )

    def stored_by_label(self) -> dict[int, Any]:
        """Return an answer as it is stored for each label, by its position; of questions with one label an answer."""
        return {int(row.argmax()): stored for row, stored in zip(self.has, self.answers.different, strict=True)}

    def by_label(self) -> list[LabelPart]:
        """Return each label against the rest, those that were given."""
        said = self.has[self.found.values].sum(axis=0)
        given = np.flatnonzero(said)
        alphas = scoring.by_label(self.found, self.has[:, given], turns=200)
        return [
            LabelPart(label=self.names[at], alpha=_part(each), said=int(said[at]))
            for at, each in zip(given.tolist(), alphas, strict=True)
        ]

    def confusion(self) -> list[ConfusionPart]:
        """Return what is mixed up with what."""
        parts = []
        for pair in confusions(self.found, self.has)[:MOST_CONFUSIONS] if self.names else []:
            people = sorted(
                {*pair.said_one, *pair.said_other},
                key=lambda each: -(pair.said_one.get(each, 0) + pair.said_other.get(each, 0)),
            )
            sides = [
                SidePart(person=self.people[each], one=pair.said_one.get(each, 0), other=pair.said_other.get(each, 0))
                for each in people[:MOST_PEOPLE]
            ]
            other = self.names[pair.other] if pair.other != NEITHER else ""
            person = self.people[pair.person] if pair.person is not None else None
            parts.append(
                ConfusionPart(one=self.names[pair.one], other=other, tasks=pair.items, sides=sides, person=person)
            )
        return parts

    def frequent(self) -> Mask:
        """Return which people are told one by one, shape (m,): all, or those with most answers."""
        answers = np.bincount(self.found.people, minlength=len(self.people))
        chosen = np.zeros(len(self.people), dtype=bool)
        chosen[np.argsort(-answers, kind="stable")[:MOST_PEOPLE]] = True
        return chosen & (answers > 0)

    def uses(self) -> list[UsePart]:
        """Return how often each person gives each label."""
        chosen = self.frequent()
        return [
            UsePart(person=self.people[use.person], label=self.names[use.label], said=use.said, others=use.others)
            for use in label_use(self.found, self.has)
            if chosen[use.person] and (use.said or use.others)
        ]

    def pairs(self) -> list[PairPart]:
        """Return every two people."""
        chosen, (found, distances) = self.frequent(), self.seen()
        return [
            PairPart(
                one=self.people[pair.one],
                other=self.people[pair.other],
                shared=pair.shared,
                same=pair.same,
                kappa=pair.kappa,
                undefined=pair.undefined,
            )
            for pair in kappas(found.only(chosen[found.people]), distances)
        ]

    def persons(self, skills: Skills | None) -> list[PersonPart]:
        """Return each person beside the others."""
        found, distances = self.seen()
        near, chosen = closeness(found, distances, len(self.people)), self.frequent()
        tasks = np.bincount(found.people, minlength=len(self.people))
        without = without_each(found, distances) if isinstance(distances, Table) else {}
        return [
            PersonPart(
                person=person,
                tasks=int(tasks[at]),
                agreement=float(near[at]),
                alpha_without=without[at].value if at in without else None,
                accuracy=float(skills.accuracy[at]) if skills is not None else None,
            )
            for at, person in enumerate(self.people)
            if chosen[at] and tasks[at]
        ]

    def _of(self, kept: Mask) -> AlphaPart:
        return _part(scoring.krippendorff(self.found.only(kept), self.distances, turns=200))

    def by_version(self) -> list[VersionPart]:
        """Return the answers under each version of the guideline."""
        guidelines = np.array(self.answers.guidelines, dtype=np.int64)[self.kept]
        return [
            VersionPart(version=version, alpha=self._of(guidelines == version))
            for version in np.unique(guidelines).tolist()
        ]

    def by_week(self) -> list[WeekPart]:
        """Return the tasks whose last answer came in each week, the last weeks."""
        mondays = [given.date() - timedelta(days=given.weekday()) for given in self.answers.given_at]
        days = np.array([monday.toordinal() for monday in mondays], dtype=np.int64)[self.kept]
        last = np.zeros(self.found.size, dtype=np.int64)
        np.maximum.at(last, self.found.items, days)
        return [
            WeekPart(week=date.fromordinal(day), alpha=self._of(last[self.found.items] == day))
            for day in np.unique(last).tolist()[-MOST_WEEKS:]
        ]

    def by_change(self, answers: Iterable[VersionedAnswer]) -> list[ChangePart]:
        """Return what each new version of the guideline changed on tasks that people answered under both."""
        under: dict[int, list[tuple[int, int, int]]] = {}
        for each in answers:
            position = self.answers.position(each.answer)
            if position is not None:
                under.setdefault(each.guideline, []).append((each.task, each.person, position))
        versions = sorted(under)
        changes = []
        for before, after in pairwise(versions):
            old, new = (_several(np.array(under[version], dtype=np.int64)) for version in (before, after))
            both = np.intersect1d(old[0], new[0])
            if both.size:
                alphas = []
                for tasks, people, values in (old, new):
                    kept = np.isin(tasks, both)
                    found = ratings(tasks[kept], people[kept], values[kept])
                    alphas.append(_part(scoring.krippendorff(found, self.distances, turns=200)))
                changes.append(
                    ChangePart(
                        before=before, after=after, tasks=int(both.size), alpha_before=alphas[0], alpha_after=alphas[1]
                    )
                )
        return changes


def _several(rows: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the columns of answers, of tasks that two people answered."""
    tasks, people, values = rows.T
    _, at, counts = np.unique(tasks, return_inverse=True, return_counts=True)
    kept = counts[at] > 1
    return tasks[kept], people[kept], values[kept]


def _needed(skills: Skills | None) -> list[NeededPart]:
    needed = people_needed(skills) if skills is not None else []
    return [NeededPart(people=each.people, right=each.right, tied=each.tied) for each in needed]


def _alpha(sheet: Sheet) -> AlphaPart:
    return _part(scoring.krippendorff(sheet.found, sheet.distances))


def _part(told: scoring.Alpha) -> AlphaPart:
    return AlphaPart(
        value=told.value,
        low=told.low,
        high=told.high,
        reading=reading(told.value) if told.value is not None else "",
        undefined=told.undefined,
        tasks=told.items,
        answers=told.answers,
    )


def _bars(agreements: list[float]) -> list[BarPart]:
    """Return the histogram: ten bars, the last with those who fully agree."""
    edges = np.linspace(0, 1, BARS + 1)
    counts, _ = np.histogram(np.array(agreements), bins=edges)
    return [
        BarPart(low=round(float(low), 4), high=round(float(high), 4), tasks=int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
