"""Flags opened, brought up to date and closed by the thousand."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Decision, Event, Flag, FlagReason, FlagState, Project, QueueEntry, Task
from labeling.services import flags, queue, reviews
from labeling.services.reviews import Ruling
from tests import factories

pytestmark = pytest.mark.django_db

REASONS = (FlagReason.LABEL_ERROR, FlagReason.OUTLIER)


def finding(task: Task, reason: FlagReason = FlagReason.LABEL_ERROR, **values: Any) -> flags.Finding:
    given: dict[str, Any] = {"score": 0.1, "basis": "a"} | values
    return flags.Finding(task_id=task.pk, reason=reason, **given)


def sync(project: Project, *findings: flags.Finding, question: str = "intent") -> tuple[int, int, int, int]:
    done = flags.sync(project=project, question=question, reasons=REASONS, findings=findings, actor=None)
    return done.opened, done.updated, done.closed, done.decided


def test_flags_follow_the_findings() -> None:
    project = factories.project()
    one, two, three = factories.tasks(project, 3)
    assert sync(project, finding(one), finding(two), finding(one, FlagReason.OUTLIER)) == (3, 0, 0, 0)
    assert sync(project, finding(two, score=0.3, note="worse"), finding(three)) == (1, 1, 2, 0)
    states = {(flag.task_id, flag.reason): flag.state for flag in Flag.objects.all()}
    assert states == {
        (one.pk, "label_error"): FlagState.CLOSED,
        (one.pk, "outlier"): FlagState.CLOSED,
        (two.pk, "label_error"): FlagState.OPEN,
        (three.pk, "label_error"): FlagState.OPEN,
    }
    flag = Flag.objects.get(task=two)
    assert (flag.score, flag.note, flag.evidence) == (0.3, "worse", {"basis": "a"})
    assert Event.objects.filter(verb="flags.synced").count() == 2


def test_what_a_person_resolved_stays_so_on_the_same_basis() -> None:
    project = factories.project()
    task = factories.task(project)
    sync(project, finding(task))
    ruling = Ruling(Decision.KEEP)
    flag = Flag.objects.get()
    reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=ruling)
    assert sync(project, finding(task)) == (0, 0, 0, 1)
    assert sync(project, finding(task, basis="b")) == (1, 0, 0, 0)


def test_other_questions_reasons_and_people_are_left_alone() -> None:
    project = factories.project()
    task = factories.task(project)
    sync(project, finding(task), question="mood")
    flags.raise_flag(actor=project.created_by, task=task, note="look", question="")
    flags.put(task=task, reason=FlagReason.CONFLICT, question="intent")
    flags.put(task=task, reason=FlagReason.OUTLIER, question="intent", actor=project.created_by)
    assert sync(project) == (0, 0, 0, 0)
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 4


def test_tasks_of_other_projects_get_no_flags() -> None:
    stranger = factories.task(factories.project())
    assert sync(factories.project(), finding(stranger)) == (0, 0, 0, 0)


def test_as_many_statements_for_one_as_for_many() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 300)
    with CaptureQueriesContext(connection) as one:
        sync(project, finding(tasks[0]))
    with CaptureQueriesContext(connection) as many:
        sync(project, *(finding(task) for task in tasks))
    assert len(one) == len(many)
    assert Flag.objects.count() == 300


def test_places_of_open_tasks_are_rewritten() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 5)
    QueueEntry.objects.filter(task=tasks[0]).update(open_slots=0)
    told: list[int] = []
    places = [(task.pk, position / 10, f"place {position}") for position, task in enumerate(tasks)]
    assert queue.reorder(project=project, places=places, after_batch=told.append) == 4
    assert told == [5]
    entries = {entry.task_id: (entry.priority, entry.reason) for entry in QueueEntry.objects.all()}
    assert entries[tasks[0].pk] == (0.0, "")
    assert entries[tasks[4].pk] == (0.4, "place 4")
    assert queue.reorder(project=project, places=places) == 0
    assert queue.reorder(project=factories.project(), places=[(tasks[1].pk, 9.0, "not yours")]) == 0


def test_places_are_written_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "BATCH", 2)
    project = factories.project()
    told: list[int] = []
    places = [(task.pk, 0.5, "x" * 300) for task in factories.tasks(project, 5)]
    assert queue.reorder(project=project, places=places, after_batch=told.append) == 5
    assert told == [2, 4, 5]
