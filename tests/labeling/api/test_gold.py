"""How well people answer gold: with intervals, per label, from first answers, and told to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from scipy.stats import beta as beta_distribution

from labeling.models import GoldServing, Project, Role, Task, User
from labeling.scoring.intervals import beta
from labeling.services import gold, tasks
from tests import factories
from tests.query_counts import assert_same_queries

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def golden(project: Project, count: int, label: str = "billing") -> list[Task]:
    made = factories.tasks(project, count)
    ids = [task.pk for task in made]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="intent", value=label)
    gold.make_gold(actor=project.created_by, project=project, task_ids=ids)
    return made


def served(task: Task, person: User, label: str | None) -> None:
    GoldServing.objects.create(
        task=task, project=task.project, user=person, served_at=timezone.now(), answered_at=timezone.now(),
        answers=None if label is None else {"intent": label},
    )  # fmt: skip


def test_the_interval_is_that_of_the_beta_distribution() -> None:
    for right, wrong in ((0, 0), (3, 1), (40, 2)):
        expected = beta_distribution.ppf([0.025, 0.975], 1 + right, 1 + wrong)
        assert beta(right, wrong) == pytest.approx(tuple(expected))


def test_accuracy_is_told_per_person_and_label_and_a_person_reads_only_their_own(client_for: SignIn) -> None:
    project = factories.project(gold_share=10)
    billing, other = golden(project, 3), golden(project, 2, "other")
    ana = factories.member(project, email="ana@example.org")
    bo = factories.member(project, email="bo@example.org")
    for task, label in zip(billing, ("billing", "billing", "delivery"), strict=True):
        served(task, ana, label)
    served(other[0], ana, "other")
    served(other[1], ana, None)
    served(other[0], bo, "billing")
    address = f"/api/projects/{project.slug}/gold/people/"

    first, second = client_for(factories.member(project, Role.REVIEWER)).get(address).json()["results"]

    assert (first["person"], second["person"]) == ("ana@example.org", "bo@example.org"), "by name, not by accuracy"
    assert (first["overall"]["right"], first["overall"]["total"], first["skipped"]) == (3, 4, 1)
    assert first["overall"]["low"] < 0.75 < first["overall"]["high"]
    assert first["telling"] is False
    labels = [(one["label"], one["right"], one["total"]) for one in first["labels"]]
    assert labels == [("billing", 2, 3), ("other", 1, 1)]
    assert first["missed"] == [billing[2].pk]

    (mine,) = client_for(bo).get(address).json()["results"]
    assert (mine["person"], mine["overall"]["right"], mine["missed"]) == ("bo@example.org", 0, [])
    assert client_for(bo).get(f"/api/projects/{project.slug}/gold/tasks/").status_code == 403


def test_what_gold_says_today_is_what_answers_are_held_against(client_for: SignIn) -> None:
    project = factories.project()
    changed, ended = golden(project, 2)
    person = factories.member(project)
    served(changed, person, "other")
    served(ended, person, "other")
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[changed.pk], question="intent", value="other"
    )
    manager = client_for(project.created_by)
    address = f"/api/projects/{project.slug}/gold/tasks/"
    made = manager.post(address, {"tasks": [changed.pk]}, content_type="application/json").json()
    assert made["tasks"] == 1
    assert manager.delete(f"{address}{ended.pk}/").json()["tasks"] == 1

    (record,) = manager.get(f"/api/projects/{project.slug}/gold/people/").json()["results"]
    assert (record["overall"]["right"], record["overall"]["total"]) == (1, 1)


def test_the_tasks_that_most_fail_come_first_with_what_was_answered(client_for: SignIn) -> None:
    project = factories.project()
    good, bad, unseen = golden(project, 3)
    for _ in range(3):
        person = factories.member(project)
        served(good, person, "billing")
        served(bad, person, "delivery")
    manager = client_for(project.created_by)
    address = f"/api/projects/{project.slug}/gold/tasks/"
    found = manager.get(address).json()["results"]
    assert [one["task"] for one in found] == [bad.pk, good.pk, unseen.pk]
    assert found[0]["wrong"] == [{"answers": {"intent": "delivery"}, "people": 3}]
    assert found[2]["overall"]["accuracy"] is None

    def more() -> None:
        for task in golden(project, 3):
            served(task, factories.member(project), "delivery")

    assert_same_queries(lambda: manager.get(address), add_rows=more)
    assert_same_queries(lambda: manager.get(f"/api/projects/{project.slug}/gold/people/"), add_rows=more)
