"""How each person's answers match those of the others over time, and telling managers of who drifts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from labeling.models import User
from labeling.services import notices
from quality.models.agreement import CoursePart, DriftPart, MatchesPart
from quality.scoring.agreement.drift import BASELINE, drift
from quality.scoring.agreement.people import against_majority

if TYPE_CHECKING:
    from collections.abc import Collection

    from labeling.kinds.schema import Question
    from labeling.models import Project
    from quality.learning.arrays import Integers, Mask
    from quality.services.agreement.measuring import Sheet

MOST_WEEKS = 26
MOST_POINTS = 60
"""So many points of a control chart are kept."""


def courses_of(sheet: Sheet, *, told: Collection[int] = ()) -> list[CoursePart]:
    """Return how each person's answers match those of the others; `told` are those of whom managers know already."""
    outcome = against_majority(sheet.found)
    moments = np.array([moment.timestamp() for moment in sheet.answers.given_at], dtype=np.float64)[sheet.kept]
    days = np.array([moment.date().toordinal() for moment in sheet.answers.given_at], dtype=np.int64)[sheet.kept]
    chosen = sheet.frequent()
    courses = []
    for at, person in enumerate(sheet.people):
        rows = np.flatnonzero((sheet.found.people == at) & (outcome >= 0))
        if chosen[at] and rows.size:
            rows = rows[np.argsort(moments[rows], kind="stable")]
            matches = outcome[rows] == 1
            found = _drift(matches, days[rows])
            courses.append(
                CoursePart(
                    person=person,
                    compared=int(rows.size),
                    matched=int(matches.sum()),
                    weeks=_weeks(matches, days[rows]),
                    drift=found,
                    told=person in told or (found is not None and found.noticed is not None),
                )
            )
    return courses


def _weeks(matches: Mask, days: Integers) -> list[MatchesPart]:
    mondays = days - (days - 1) % 7  # the first day of all is a Monday
    weeks, at, compared = np.unique(mondays, return_inverse=True, return_counts=True)
    matched = np.bincount(at, weights=matches)
    rows = list(zip(weeks.tolist(), compared.tolist(), matched.tolist(), strict=True))
    return [
        MatchesPart(week=date.fromordinal(week), compared=count, matched=int(same))
        for week, count, same in rows[-MOST_WEEKS:]
    ]


def _drift(matches: Mask, days: Integers) -> DriftPart | None:
    found = drift(matches)
    if found is None:
        return None
    noticed = since = None
    if found.noticed >= 0:
        # The chart last stood at nothing before it rose to the alarm: the drop began after that.
        upto = found.chart[: found.noticed - BASELINE + 1]
        began = BASELINE + int(np.flatnonzero(np.concatenate([[0.0], upto]) == 0)[-1])
        noticed, since = (date.fromordinal(int(days[row])) for row in (found.noticed, began))
    step = -(-found.chart.size // MOST_POINTS)
    begins = range(0, found.chart.size, step)
    return DriftPart(
        baseline=found.baseline,
        recent=found.recent,
        noticed=noticed,
        since=since,
        probability=found.probability,
        first=BASELINE + 1,
        step=step,
        chart=[round(float(found.chart[begin : begin + step].max()), 3) for begin in begins],
    )


def tell_of_drifts(*, project: Project, question: Question, courses: list[CoursePart], told: Collection[int]) -> None:
    """Tell the managers of those whose drift they do not know of yet: once of each, whatever is measured later."""
    new = [course for course in courses if course.told and course.person not in told]
    people = User.objects.in_bulk([course.person for course in new])
    for course in new:
        if course.person in people and course.drift is not None and course.drift.since is not None:
            notices.tell_of_drift(
                project=project, person=people[course.person], note=_words(question, course.drift, course.drift.since)
            )


def _words(question: Question, found: DriftPart, since: date) -> str:
    title = question.title or question.name
    return (
        f"{title}: fewer answers match those of the others since about {since:%d %B %Y}: "
        f"{found.recent:.0%} of the last 100, {found.baseline:.0%} of the first {BASELINE}. "
        "That may be the person, or the tasks, or a rule that changed: look at the answers together."
    )
