"""The pages of gold: people by name with intervals, and the gold tasks that most people fail first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import GoldServing, Role, User
from labeling.services import gold, tasks
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_people_read_their_own_figures_and_reviewers_everybodys_with_the_tasks(client_for: SignIn) -> None:
    project = factories.project(gold_share=10)
    made = factories.tasks(project, 2)
    who: dict[str, Any] = {"actor": project.created_by, "project": project, "task_ids": [task.pk for task in made]}
    tasks.assign_label(**who, question="intent", value="billing")
    gold.make_gold(**who)
    ana, bo = factories.member(project, name="Ana Lund"), factories.member(project, name="Bo Berg")
    for person, given in ((ana, ("billing", "delivery")), (bo, ("other", "other"))):
        for task, label in zip(made, given, strict=True):
            GoldServing.objects.create(
                task=task, project=project, user=person, served_at=timezone.now(), answered_at=timezone.now(),
                answers={"intent": label},
            )  # fmt: skip
    people, items = f"/p/{project.slug}/people/", f"/p/{project.slug}/gold/"

    own = client_for(ana).get(people).content.decode()
    assert "Your answers to gold tasks" in own
    assert "1 of 2" in own
    assert "9 and 91 %" in own, "Beta(2, 2)"
    assert "0 of 2" not in own, "nothing of others"
    assert f"/tasks/{made[1].pk}/" not in own, "nor which tasks they were"
    assert client_for(ana).get(items).status_code == 403

    reviewer = client_for(factories.member(project, Role.REVIEWER))
    everybody = reviewer.get(people).content.decode()
    assert everybody.index("1 of 2") < everybody.index("0 of 2"), "by name"
    assert f"/tasks/{made[1].pk}/" in everybody
    listed = reviewer.get(items)
    assert [row.found.task for row in listed.context["rows"]] == [made[1].pk, made[0].pk]
    assert [row.found.task for row in reviewer.get(items, {"q": made[0].pk}).context["rows"]] == [made[0].pk]
    assert [row.found.task for row in reviewer.get(items, {"sort": "task"}).context["rows"]] == [t.pk for t in made]
    assert "No gold task fits" in reviewer.get(items, {"q": "nothing"}).content.decode()


def test_a_project_without_gold_says_how_to_make_some(client_for: SignIn) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    assert "No task is gold yet" in client.get(f"/p/{project.slug}/gold/").content.decode()
    assert "gold tasks</h2>" not in client.get(f"/p/{project.slug}/people/").content.decode()
