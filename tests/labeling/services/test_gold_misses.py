"""Gold that may be wrong is found: most people answer otherwise, and a reviewer is asked once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labeling.models import Flag, FlagState, GoldServing, Project, Task, User
from labeling.reasons.decisions import Decision
from labeling.reasons.gold_miss import GoldMissEvidence
from labeling.services import annotations as saving
from labeling.services import gold, reviews, tasks
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def golden(project: Project, label: str = "billing") -> Task:
    (task,) = factories.tasks(project, 1)
    who: dict[str, Any] = {"actor": project.created_by, "project": project, "task_ids": [task.pk]}
    tasks.assign_label(**who, question="intent", value=label)
    gold.make_gold(**who)
    return task


def answer(task: Task, *labels: str) -> None:
    """Let as many new people as there are labels answer the task as gold."""
    for label in labels:
        person = factories.member(task.project)
        GoldServing.objects.create(task=task, project=task.project, user=person, served_at=timezone.now())
        saving.submit(actor=person, task=task, submission=Submission({"intent": label}), key=f"{task.pk}-{person.pk}")


def open_flags(task: Task) -> list[Flag]:
    return list(Flag.objects.filter(task=task, reason="gold_miss", state=FlagState.OPEN))


def test_gold_of_the_wrong_answer_is_found_and_right_gold_is_not(client_for: Callable[[User], Client]) -> None:
    project = factories.project(gold_share=10)
    wrong, right = golden(project, "billing"), golden(project, "other")
    answer(wrong, "delivery", "delivery", "billing", "delivery")
    assert open_flags(wrong) == [], "four are too few"
    answer(wrong, "other")
    answer(right, "other", "other", "other", "delivery", "delivery")

    (flag,) = open_flags(wrong)
    assert open_flags(right) == []
    evidence = GoldMissEvidence.load(flag.evidence)
    assert (evidence.answered, evidence.missed, evidence.given, evidence.suggested) == (5, 4, "billing", "delivery")
    assert [(one.answer, one.people) for one in evidence.answers] == [("delivery", 3), ("other", 1)]
    assert flag.note == "4 of 5 people answer otherwise than gold says (3 “delivery”, 1 “other”): it may be wrong."
    card = client_for(project.created_by).post(f"/p/{project.slug}/review/cards/", {"again": flag.pk}).content.decode()
    assert "4 of 5 people" in card
    assert "person-" not in card.replace(str(project.created_by), ""), "who answered waits for the decision"
    answer(wrong, "delivery")
    (again,) = open_flags(wrong)
    assert again.pk == flag.pk
    assert GoldMissEvidence.load(again.evidence).missed == 5
    invariant(project)


def test_a_flag_falls_when_most_agree_with_gold_or_it_is_gold_no_more() -> None:
    project = factories.project(gold_share=10)
    agreed, ended = golden(project), golden(project)
    for task in (agreed, ended):
        answer(task, "other", "other", "other", "billing", "billing")
        assert len(open_flags(task)) == 1
    answer(agreed, "billing")
    gold.end_gold(actor=project.created_by, project=project, task_ids=[ended.pk])
    assert open_flags(agreed) == []
    assert open_flags(ended) == []


def test_what_a_reviewer_decided_about_a_gold_answer_is_not_asked_again() -> None:
    project = factories.project(gold_share=10)
    task = golden(project)
    answer(task, *["other"] * 5)
    (flag,) = open_flags(task)
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(Decision.KEEP))
    answer(task, "other")
    assert open_flags(task) == []
