"""Measuring agreement: what it rests on, what it tells, when it starts, and what it leaves out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from labeling.models import Annotation, JobRun, QueueEntry, Role, TaskAgreement, TaskState
from labeling.services import guidelines, jobs, returns
from quality.jobs import start_due_runs
from quality.models import AgreementReport
from quality.selectors import agreement as agreement_reads
from quality.services.agreement import starting
from tests import factories
from tests.quality.agreement.crowds import QUESTION, answer, crowd, measured

pytestmark = pytest.mark.django_db

B, D, X = "billing", "delivery", "other"


def test_everything_is_told_of_a_question() -> None:
    project, tasks, (ann, bob, cleo) = crowd(f"{B} {B} {D} {X} {B}", f"{B} {D} {D} {X} {D}", f"{B} {D} {D} {X} .")
    told = measured(project)
    assert (told.kind, told.tasks, told.people, told.answers, told.differ) == ("choice", 5, 3, 14, 2)
    # Apart: half a pair of three, and a pair of two, of 14 answers; of 5, 6 and 3 answers any two agree in 56 of 182.
    assert told.alpha.value == pytest.approx(1 - (4 / 14) / (1 - 56 / 182))
    assert told.alpha.reading == "unreliable"
    assert told.percent == pytest.approx((1 + 1 / 3 + 1 + 1 + 0) / 5)
    assert (told.fleiss, "different numbers" in told.fleiss_undefined) == (None, True)
    assert [(bar.low, bar.high, bar.tasks) for bar in told.histogram if bar.tasks] == [
        (0, 0.1, 1),
        (0.3, 0.4, 1),
        (0.9, 1, 3),
    ]
    (pair,) = told.confusion
    assert (pair.one, pair.other, pair.tasks) == (B, D, 2)
    assert {(side.person, side.one, side.other) for side in pair.sides} == {
        (ann.pk, 2, 0),
        (bob.pk, 0, 2),
        (cleo.pk, 0, 1),
    }
    kappas = {(each.one, each.other): each for each in told.pairs}
    assert kappas[bob.pk, cleo.pk].kappa == 1
    assert (kappas[ann.pk, bob.pk].shared, kappas[ann.pk, bob.pk].same) == (5, 3)
    persons = {each.person: each for each in told.persons}
    assert persons[ann.pk].alpha_without == 1
    assert persons[ann.pk].tasks == 5
    assert {each.label: each.said for each in told.labels} == {B: 5, D: 6, X: 3}
    rows = {row.task_id: row for row in TaskAgreement.objects.filter(project=project)}
    assert rows.keys() == {task.pk for task in tasks}
    assert (rows[tasks[1].pk].answers, rows[tasks[1].pk].differs) == (3, True)
    assert rows[tasks[1].pk].agreement == pytest.approx(1 / 3)
    assert (rows[tasks[0].pk].agreement, rows[tasks[0].pk].differs) == (1, False)


def test_nothing_is_made_up_of_one_answer_a_task() -> None:
    project, _, _ = crowd(f"{B} {D}", ". .")
    told = measured(project)
    assert (told.tasks, told.alpha.value) == (0, None)
    assert told.alpha.undefined == "no task has answers of two people."
    assert not TaskAgreement.objects.exists()


def test_everybody_alike_is_not_called_perfect() -> None:
    project, _, _ = crowd(f"{B} {B}", f"{B} {B}")
    told = measured(project)
    assert told.alpha.value is None
    assert "nobody may have looked" in told.alpha.undefined
    assert told.percent == 1


def test_what_is_set_aside_and_what_is_a_draft_takes_no_part() -> None:
    project, tasks, _ = crowd(f"{B} {D} {X}", f"{D} {D} {X}")
    QueueEntry.objects.filter(task=tasks[0]).update(state=TaskState.QUARANTINED)
    assert measured(project).tasks == 2


def test_an_answer_that_came_back_after_a_reviewer_spoke_counts_as_it_was_before() -> None:
    project, tasks, (ann, _) = crowd(f"{B} {D} {X}", f"{D} {D} {X}")
    reviewer = factories.member(project, Role.REVIEWER)
    given = Annotation.objects.get(task=tasks[0], annotator=ann)
    returns.send_back(actor=reviewer, annotation=given, version=1, note="It is about a parcel.")
    answer(ann, tasks[0], D, version=1)
    told = measured(project)
    assert (told.differ, told.assisted) == (1, 1)


@pytest.mark.parametrize(
    ("question", "given", "alpha"),
    [
        ({"kind": "rating", "min": 1, "max": 5}, [(1, 1), (3, 4), (5, 5), (2, 2)], 1 - (2 / 8) / (302 / 56)),
        ({"kind": "text"}, [("a cat", "a cat"), ("dogs", "dog"), ("bird", "fish")], None),
        ({"kind": "multi_choice", "labels": [B, D, X], "min": 0}, [([B], [B, D]), ([D], [D]), ([], [X])], None),
    ],
)
def test_every_kind_is_measured_by_its_own_distance(question: Any, given: list[Any], alpha: float | None) -> None:
    schema = {"fields": [{"name": "text", "type": "text"}], "questions": [{"name": "q", "field": "text", **question}]}
    project = factories.project(schema=schema, overlap=2)
    team = [factories.member(project, Role.ANNOTATOR) for _ in range(2)]
    tasks = factories.tasks(project, data=[{"text": f"t{number}"} for number in range(len(given))])
    for task, values in zip(tasks, given, strict=True):
        for person, value in zip(team, values, strict=True):
            answer(person, task, value, question="q")
    told = measured(project, "q")
    assert told.tasks == len(given)
    assert told.alpha.value is not None
    assert -1 <= told.alpha.value < 1
    if alpha is not None:
        assert told.alpha.value == pytest.approx(alpha)


def test_versions_of_the_guideline_are_compared_on_tasks_answered_under_both() -> None:
    project, tasks, team = crowd(f"{B} {D} {B} {D}", f"{D} {B} {B} {D}")
    guidelines.save_draft(actor=project.created_by, project=project, body="A parcel is delivery.", entries=[])
    guidelines.publish(actor=project.created_by, project=project, change_note="Parcels")
    for person in team:
        for task, value in zip(tasks[:2], (B, D), strict=True):
            answer(person, task, value, version=1)
    told = measured(project)
    (change,) = told.changes
    assert (change.before, change.after, change.tasks) == (0, 1, 2)
    assert change.alpha_before.value is not None
    assert change.alpha_before.value < 0
    assert change.alpha_after.value == 1
    assert [(each.version, each.alpha.tasks) for each in told.versions] == [(0, 2), (1, 2)]
    assert sum(week.alpha.tasks for week in told.weeks) == 4


def test_measuring_again_replaces_what_was_measured() -> None:
    project, tasks, (ann, _) = crowd(f"{B} {D}", f"{D} {D}")
    assert measured(project).differ == 1
    answer(ann, tasks[0], D, version=1)
    assert agreement_reads.reports_for(project)[0].new == 1
    assert measured(project).differ == 0
    assert agreement_reads.reports_for(project)[0].new == 0
    assert AgreementReport.objects.count() == 1
    assert TaskAgreement.objects.count() == 2


def started() -> int:
    return JobRun.objects.filter(kind=agreement_reads.KIND).count()


def test_it_starts_once_nobody_answers_or_many_have(monkeypatch: pytest.MonkeyPatch) -> None:
    project, tasks, _ = crowd(f"{B} {D}", f"{D} .")
    start_due_runs()
    assert started() == 0  # somebody has answered just now
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        start_due_runs()
        assert started() == 1
        start_due_runs()
        jobs.perform_job(JobRun.objects.get(kind=agreement_reads.KIND).pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=9), tick=False):
        start_due_runs()
        assert started() == 1  # nothing is new
        monkeypatch.setattr(starting, "AFTER_ANSWERS", 1)
        answer(factories.member(project, Role.ANNOTATOR), tasks[1], B)
        start_due_runs()
        assert started() == 2  # many are new


def test_one_person_alone_starts_nothing() -> None:
    crowd(f"{B} {D}", ". .")
    with time_machine.travel(timezone.now() + timedelta(minutes=9), tick=False):
        start_due_runs()
    assert started() == 0


def test_a_question_that_is_gone_takes_its_report_along() -> None:
    project, _, _ = crowd(f"{B} {D}", f"{D} {D}")
    measured(project)
    AgreementReport.objects.update(question="gone")
    assert agreement_reads.reports_for(project) == []
    measured(project)
    assert AgreementReport.objects.get().question == QUESTION
