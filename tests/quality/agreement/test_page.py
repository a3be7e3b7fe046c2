"""The agreement page: what it says in every state of the data, who sees it, and what is downloaded."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.models import JobRun, Role, User
from quality.models.agreement import AlphaPart, ConfusionPart, SidePart, WeekPart
from quality.selectors import agreement as agreement_reads
from quality.web import agreement_words
from quality.web.agreement_words import Sheet, told_of, trust_words, verdict_words
from tests import factories
from tests.quality.agreement.crowds import QUESTION, crowd, measured

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"


def page(client: Client, slug: str) -> str:
    response = client.get(f"/p/{slug}/agreement/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_before_anything_is_measured_the_page_says_what_to_do(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(factories.member(project, Role.MANAGER))
    assert "Import" in page(client, project.slug)
    factories.task(project)
    said = page(client, project.slug)
    assert "Agreement was not measured yet." in said
    assert "“People per task”" in said
    measured(project)
    assert "No task has answers of two people to this question" in page(client, project.slug)


def test_the_page_answers_a_managers_questions_in_order(client_for: SignIn) -> None:
    project, tasks, (ann, bob, _) = crowd(
        " ".join([B] * 12 + [D] * 6 + [X] * 6), " ".join([B] * 6 + [D] * 12 + [X] * 6), " ".join([D] * 18 + [X] * 6)
    )
    measured(project)
    said = page(client_for(factories.member(project, Role.REVIEWER)), project.slug)
    heads = [
        "Can I trust the labels?", "What is mixed up with what", "Where does the next hour pay?",
        "Who needs help, with what?", "Did the last change help?", "How many people do I need?",
    ]  # fmt: skip
    places = [said.index(head) for head in heads]
    assert places == sorted(places)
    assert "not to be relied on" in said
    assert "On 12 tasks people differ and no reviewer has decided." in said
    assert f"answers=intent%3Asaid%3A{ann.pk}%3D%3A{bob.pk}%3D" in said
    assert "answers=intent%3Abetween%3A0.3-0.4" in said
    assert f">{tasks[0].external_id}</span>" in said


def test_the_page_is_for_reviewers(client_for: SignIn) -> None:
    project, _, (ann, *_) = crowd(f"{B} {B}", f"{B} {D}")
    measured(project)
    for address in ("", "diagnosis.csv"):
        assert client_for(ann).get(f"/p/{project.slug}/agreement/{address}").status_code == 403
        assert client_for(factories.user()).get(f"/p/{project.slug}/agreement/{address}").status_code == 404


def test_measuring_is_started_once(client_for: SignIn) -> None:
    project, _, _ = crowd(f"{B} {B}", f"{B} {D}")
    client = client_for(factories.member(project, Role.REVIEWER))
    for _ in range(2):
        assert client.post(f"/p/{project.slug}/agreement/measure/").status_code == 302
    assert JobRun.objects.filter(kind=agreement_reads.KIND).count() == 1
    assert "Measuring agreement" in page(client, project.slug)


def test_the_same_queries_for_more_tasks_and_people(client_for: SignIn) -> None:
    counts = []
    for size in (4, 24):
        project, _, _ = crowd(" ".join([B, D] * size), " ".join([D, B] * size), " ".join([D, D] * size))
        measured(project)
        client = client_for(factories.member(project, Role.REVIEWER))
        page(client, project.slug)
        with CaptureQueriesContext(connection) as queries:
            page(client, project.slug)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_diagnosis_has_a_row_per_task_and_a_column_per_person(client_for: SignIn) -> None:
    project, tasks, _ = crowd(f"{B} {B} .", f"{B} {D} {X}")
    measured(project)
    reply = client_for(factories.member(project, Role.REVIEWER)).get(f"/p/{project.slug}/agreement/diagnosis.csv")
    rows = list(csv.DictReader(b"".join(reply.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    assert [(row["task"], row["answers"], row["agreement"], row["Ann"], row["Bob"], row["label"]) for row in rows] == [
        (str(tasks[1].pk), "2", "0.0000", B, D, ""),
        (str(tasks[0].pk), "2", "1.0000", B, B, B),
    ]


@pytest.mark.parametrize(
    ("alpha", "words"),
    [
        (AlphaPart(undefined="all answers are the same."), ["Not defined: all answers are the same."]),
        (AlphaPart(value=0.9, low=0.85, high=0.94, tasks=200), ["reliable: most conclusions"]),
        (AlphaPart(value=0.82, low=0.6, high=0.9, tasks=40), ["anything from not to be relied on to reliable"]),
        (AlphaPart(value=0.7, tasks=1), ["tentative", "1 task only"]),
    ],
)  # fmt: skip
def test_how_far_the_labels_are_to_be_trusted(alpha: AlphaPart, words: list[str]) -> None:
    said = trust_words(alpha)
    assert all(each in said for each in words)
    if alpha.low is not None and alpha.low > 0.8:
        assert "anything" not in said


def test_the_rule_or_the_person_as_far_as_the_tasks_tell() -> None:
    project, _, (ann, bob, cleo) = crowd(B, D, X)
    measured(project)
    (report,) = agreement_reads.reports_for(project)
    sheet = Sheet(project, report, agreement_reads.names_of([report]))
    sides = [SidePart(person=each.pk, one=3, other=3) for each in (ann, bob, cleo)]

    def verdict(tasks: int, people: int, person: int | None = None) -> str:
        return verdict_words(sheet, ConfusionPart(one=B, other=D, tasks=tasks, sides=sides[:people], person=person))

    assert "Too few" in verdict(4, 3)
    assert "cannot be told" in verdict(9, 2)
    assert "rather the rule than a person" in verdict(9, 3)
    assert verdict(9, 3, ann.pk).startswith("Ann stands alone")


def test_weeks_are_drawn_where_there_are_two_with_a_value() -> None:
    project, _, _ = crowd(f"{B} {D}", f"{B} {X}")
    measured(project)
    (report,) = agreement_reads.reports_for(project)
    weeks = [WeekPart(week=date(2026, 11, day), alpha=AlphaPart(value=0.5, tasks=9)) for day in (2, 9)]

    def chart(weeks: list[WeekPart]) -> object:
        document = report.document.model_copy(update={"weeks": weeks})
        newer = agreement_reads.Report(report.question, document, report.read_at, 0)
        return told_of(project, newer, {})["week_chart"]

    assert chart(weeks[:1]) is None
    drawn = chart(weeks)
    assert drawn is not None
    assert agreement_words.FORMER == "a former member"
    assert report.question.name == QUESTION
