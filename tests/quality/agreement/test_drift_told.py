"""Drift: compared with most of the others, told from 300 answers on, and to managers once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from rest_framework.test import APIClient

from labeling.kinds.schema import Schema
from labeling.models import Notice, NoticeKind, Project, Role, User
from labeling.selectors import versions as version_reads
from quality.models.agreement import AgreementDocument, CoursePart
from quality.scoring.agreement.people import against_majority
from quality.scoring.agreement.ratings import ratings
from quality.selectors.several_answers import SeveralAnswers
from quality.services.agreement.courses import courses_of, tell_of_drifts
from quality.services.agreement.measuring import Sheet
from tests import factories, sessions
from tests.quality.agreement.crowds import QUESTION, crowd, measured

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
B, D = "billing", "delivery"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0, 0, 0], [1, 1, 1]),
        ([0, 0, 1], [-1, -1, 0]),  # without one of the two who agree, the others are apart
        ([0, 1], [-1, -1]),
        ([0, 0, 1, 1], [0, 0, 0, 0]),
        ([0, 0, 0, 1], [1, 1, 1, 0]),
        ([0, 1, 2, 2, 2], [0, 0, -1, -1, -1]),
    ],
)
def test_an_answer_is_compared_with_more_than_half_of_the_others(values: list[int], told: list[int]) -> None:
    count = len(values)
    # A second item of three alike, so that items are kept apart.
    found = ratings(np.array([0] * count + [1] * 3), np.array([*range(count), 0, 1, 2]), np.array([*values, 1, 1, 1]))
    assert against_majority(found).tolist() == [*told, 1, 1, 1]


def course_of(schema: Schema, wrong_from: int, size: int = 600) -> list[CoursePart]:
    """Return the courses of three people over a task an hour, of whom the first errs at every third from one on."""
    question = schema.question(QUESTION)
    assert question is not None
    answers = SeveralAnswers()
    for task in range(size):
        for person in (1, 2, 3):
            slip = person == 1 and (task % 12 == 0 or (task >= wrong_from and task % 3 == 0))
            answers.add(task, person, D if slip else B, 0, BEGIN + timedelta(hours=task))
    return courses_of(Sheet(question, answers))


@pytest.mark.django_db
def test_who_drifts_is_noticed_and_the_others_are_not() -> None:
    schema = version_reads.schema(factories.project().pk)
    one, two, three = course_of(schema, wrong_from=400)
    assert one.drift is not None
    assert one.drift.since is not None
    assert one.drift.noticed is not None
    began = (BEGIN + timedelta(hours=400)).date()
    assert began - timedelta(days=2) <= one.drift.since <= began + timedelta(days=2)
    assert began < one.drift.noticed < began + timedelta(days=7)
    assert one.told
    assert max(one.drift.chart) > 6
    for other in (two, three):
        assert other.drift is not None
        assert (other.drift.noticed, other.matched) == (None, other.compared)
    assert [(week.week, week.compared) for week in one.weeks][:2] == [(date(2026, 1, 5), 159), (date(2026, 1, 12), 168)]
    assert course_of(schema, wrong_from=600)[0].drift is not None
    assert not course_of(schema, wrong_from=600)[0].told
    assert course_of(schema, wrong_from=0, size=299)[0].drift is None


@pytest.mark.django_db
def test_managers_are_told_once_and_the_notice_leads_to_the_person() -> None:
    project, _, (ann, *_) = crowd(f"{B} {B}", f"{B} {B}", f"{B} {D}")
    document = measured(project)
    assert [(course.compared, course.matched, course.drift) for course in document.courses] == [
        (1, 1, None), (1, 1, None), (2, 1, None),
    ]  # fmt: skip
    schema = version_reads.schema(project.pk)
    found = course_of(schema, wrong_from=400)[0].model_copy(update={"person": ann.pk})
    question = schema.question(QUESTION)
    assert question is not None
    told: set[int] = set()
    for _ in range(2):
        tell_of_drifts(project=project, question=question, courses=[found], told=told)
        told = {ann.pk}
    notice = Notice.objects.get(kind=NoticeKind.DRIFT)
    assert (notice.user, notice.actor) == (project.created_by, ann)
    assert "% of the last 100" in notice.note
    client = Client()
    sessions.signed_in(client, project.created_by)
    assert f'href="/p/{project.slug}/people/{ann.pk}/"' in client.get("/inbox/").content.decode()


@pytest.mark.django_db
def test_what_was_told_is_kept_and_shown_on_the_page_and_by_the_api() -> None:
    project, _, (ann, bob, _) = crowd(f"{B} {B}", f"{B} {B}", f"{B} {D}")
    measured(project)
    found = course_of(version_reads.schema(project.pk), wrong_from=400)[0].model_copy(update={"person": ann.pk})
    keep(project, found)
    reviewer = factories.member(project, Role.REVIEWER)
    address = f"/api/projects/{project.slug}/people/{ann.pk}/statistics/"
    told = read(reviewer, address).json()
    assert (told["person"], told["answers"], told["weeks"][0]["answers"]) == (ann.pk, 2, 2)
    assert told["questions"][0]["course"]["drift"]["since"] == str(found.drift and found.drift.since)
    assert [read(who, address).status_code for who in (ann, bob, factories.user())] == [200, 404, 404]
    client = Client()
    sessions.signed_in(client, ann)
    said = client.get(f"/p/{project.slug}/people/{ann.pk}/").content.decode()
    assert "Fewer answers match than before, since about" in said
    measured(project)
    report = project.agreement_reports.get()
    (kept,) = (each for each in AgreementDocument.load(report.document).courses if each.person == ann.pk)
    assert (kept.told, kept.drift) == (True, None), "whoever was told of is not told of again"


def keep(project: Project, course: CoursePart) -> None:
    report = project.agreement_reports.get()
    report.document = AgreementDocument.load(report.document).model_copy(update={"courses": [course]}).dump()
    report.save()


def read(person: User, address: str) -> Any:
    client = APIClient()
    client.force_authenticate(person)
    return client.get(address)
