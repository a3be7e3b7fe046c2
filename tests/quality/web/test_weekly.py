"""The weekly report: each and all together, as a page and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from labeling.models import AnnotationState, Role, User
from labeling.services import annotations as saving
from labeling.services.annotations import Submission
from tests import factories
from tests.quality.agreement.crowds import answer, measured
from tests.quality.web.test_person import confirm, overrule
from tests.query_counts import assert_same_queries

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

B, D = "billing", "delivery"


def test_a_week_is_told_of_each_and_of_all_together(client_for: SignIn) -> None:
    project = factories.project(overlap=3, max_overlap=3)
    team = [factories.member(project, name=name) for name in ("Ann", "Bob", "=Cleo")]
    manager = client_for(project.created_by)
    with time_machine.travel(datetime(2026, 11, 10, 9, tzinfo=UTC), tick=False):
        answer(team[0], factories.task(project), B)
    with time_machine.travel(datetime(2026, 11, 18, 9, tzinfo=UTC), tick=False):
        first, second, third = factories.tasks(project, 3)
        for person, value in zip(team, (B, B, D), strict=True):
            answer(person, first, value)
            answer(person, second, B)
        saving.submit(
            actor=team[0], task=third, key="skip",
            submission=Submission({}, state=AnnotationState.SKIPPED, skip_reason="unclear"),
        )  # fmt: skip
        overrule(project.created_by, first, D)
        confirm(project.created_by, second)
        measured(project)
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=UTC), tick=False):
        report = manager.get(f"/p/{project.slug}/people/weekly/").context["report"]
        assert (report.begins.isoformat(), report.ends.isoformat()) == ("2026-11-16", "2026-11-22")
        found = {
            str(row.person): (
                row.answers,
                row.finished,
                row.skipped,
                row.compared,
                row.matched,
                row.decided,
                row.overruled,
            )
            for row in (*report.rows, report.together)
        }
        assert found == {
            "Ann": (2, 2, 1, 1, 1, 2, 1), "Bob": (2, 2, 0, 1, 1, 2, 1), "=Cleo": (2, 2, 0, 2, 1, 2, 0),
            "None": (6, 2, 1, 4, 3, 6, 2),
        }  # fmt: skip
        sent = manager.get(f"/p/{project.slug}/people/weekly.csv", {"week": "2026-11-20"})
        rows = list(csv.DictReader(sent.content.decode().splitlines()))
        assert [(row["week"], row["person"], row["answers"], row["agreement"]) for row in rows] == [
            ("2026-11-16", "'=Cleo", "2", "0.5000"), ("2026-11-16", "Ann", "2", "1.0000"),
            ("2026-11-16", "Bob", "2", "1.0000"), ("2026-11-16", "all", "6", "0.7500"),
        ]  # fmt: skip
        said = manager.get(f"/p/{project.slug}/people/weekly/", {"week": "2026-11-01"}).content.decode()
        assert "Nobody answered anything in this week." in said


def test_links_of_the_report_open_what_they_count(client_for: SignIn) -> None:
    project = factories.project()
    ann = factories.member(project, name="Ann")
    manager = client_for(project.created_by)
    with time_machine.travel(datetime(2026, 11, 18, 9, tzinfo=UTC), tick=False):
        for task in factories.tasks(project, 2):
            answer(ann, task, B)
        overrule(project.created_by, task, D)
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=UTC), tick=False):
        answer(ann, factories.task(project), B)
        ((_, to),) = manager.get(f"/p/{project.slug}/people/weekly/").context["rows"]
        opened = {outcome: len(manager.get(href).context["rows"]) for outcome, href in to.items()}
    assert opened == {"submitted": 2, "skipped": 0, "reviewed": 1, "changed": 1}


def test_it_is_for_managers_and_needs_the_same_queries_for_many(client_for: SignIn) -> None:
    project = factories.project()
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    assert reviewer.get(f"/p/{project.slug}/people/weekly/").status_code == 403
    assert reviewer.get(f"/p/{project.slug}/people/weekly.csv").status_code == 403
    manager = client_for(project.created_by)

    def more() -> None:
        for task in factories.tasks(project, 2):
            answer(factories.member(project), task, B)

    more()
    here = f"/p/{project.slug}/people/weekly/?week=9999-01-01"
    assert_same_queries(lambda: manager.get(here), add_rows=more)
