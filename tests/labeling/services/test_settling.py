"""Settling: how labels follow from answers, under settings that change and people who disagree."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from labeling.errors import Invalid
from labeling.models import (
    AnnotationState,
    Flag,
    FlagState,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Task,
    User,
)
from labeling.reasons.decisions import Decision
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors.exports import streams
from labeling.services import annotations as saving
from labeling.services import projects, reviews, tasks
from labeling.services.annotations import Submission
from labeling.services.reviews import Ruling
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db
keys = itertools.count()


def asking(**question: Any) -> dict[str, Any]:
    return {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "asked", "field": "text", **question}],
    }


def answer(actor: User, task: Task, value: Any, *, version: int = 0) -> None:
    state = AnnotationState.SKIPPED if value is None else AnnotationState.SUBMITTED
    submission = Submission(answers={} if value is None else {"asked": value}, version=version, state=state)
    saving.submit(actor=actor, task=task, submission=submission, key=f"settling-{next(keys)}")


def label_of(task: Task) -> Label | None:
    return Label.objects.filter(task=task, retired_at=None).first()


def state_of(task: Task) -> str:
    return QueueEntry.objects.get(task=task).state


def decide(project: Project, flag: Flag, decision: Decision, value: Any = None) -> Any:
    return reviews.decide(actor=project.created_by, project=project, flag_ids=[flag.pk], ruling=Ruling(decision, value))


TIGHTENED = [
    ({"kind": "text", "max_length": 1000}, {"kind": "text", "max_length": 100}, "x" * 500, "y" * 80),
    ({"kind": "text"}, {"kind": "text", "multiline": False}, "one\ntwo", "one two"),
    (
        {"kind": "multi_choice", "labels": ["a", "b", "c"]},
        {"kind": "multi_choice", "labels": ["c", "b", "a"], "max": 1},
        ["a", "b"],
        ["a"],
    ),
    (
        {"kind": "multi_choice", "labels": ["a", "b"], "min": 0},
        {"kind": "multi_choice", "labels": ["a", "b"], "min": 1},
        [],
        ["a"],
    ),
]


@pytest.mark.parametrize(("before", "after", "first", "second"), TIGHTENED)
def test_an_answer_of_before_a_limit_does_not_refuse_that_of_another(
    before: dict[str, Any], after: dict[str, Any], first: Any, second: Any
) -> None:
    project = factories.project(schema=asking(**before), overlap=2)
    task = factories.task(project)
    answer(factories.member(project), task, first)

    projects.revise_schema(actor=project.created_by, project=project, schema=asking(**after))
    answer(factories.member(project), task, second)

    assert QueueEntry.objects.get(task=task).open_slots == 0
    invariant(project)


@pytest.mark.parametrize(("before", "after", "first", "second"), TIGHTENED)
def test_a_reviewer_can_keep_a_label_of_before_a_limit_and_give_no_such_label_anew(
    before: dict[str, Any], after: dict[str, Any], first: Any, second: Any
) -> None:
    project = factories.project(schema=asking(**before))
    task = factories.task(project)
    answer(factories.member(project), task, first)
    flag = Flag.objects.create(task=task, project=project, question="asked", reason="label_error", score=0.1)

    projects.revise_schema(actor=project.created_by, project=project, schema=asking(**after))

    with pytest.raises(Invalid, match="cannot be given"):
        decide(project, flag, Decision.RELABEL, first)
    decide(project, flag, Decision.KEEP)
    label = label_of(task)
    assert label is not None
    assert (label.value, label.source) == (first, LabelSource.REVIEW)


@pytest.mark.parametrize(
    ("question", "value", "smaller"),
    [
        ({"kind": "choice", "labels": ["a", "b"]}, "a", {"kind": "choice", "labels": ["b"]}),
        ({"kind": "multi_choice", "labels": ["a", "b"]}, ["b", "a"], {"kind": "multi_choice", "labels": ["b"]}),
        ({"kind": "rating", "min": 1, "max": 5}, 5, {"kind": "rating", "min": 1, "max": 4}),
    ],
)
def test_a_label_that_only_a_waiting_answer_has_must_stay(
    question: dict[str, Any], value: Any, smaller: dict[str, Any]
) -> None:
    project = factories.project(schema=asking(**question), overlap=2)
    answer(factories.member(project), factories.task(project), value)

    with pytest.raises(Invalid, match="must stay: tasks have answers or labels with it"):
        projects.revise_schema(actor=project.created_by, project=project, schema=asking(**smaller))


def disputed(*, overlap: int = 3) -> tuple[Project, Task, list[User]]:
    """Make a task that three people answer differently."""
    project = factories.project(
        schema=asking(kind="choice", labels=["a", "b", "c"]), overlap=overlap, max_overlap=max(3, overlap)
    )
    task = factories.task(project)
    people = [factories.member(project) for _ in range(3)]
    for person, value in zip(people, "abc", strict=True):
        answer(person, task, value)
    return project, task, people


def test_people_who_all_disagree_leave_no_label_and_ask_a_reviewer() -> None:
    project, task, _ = disputed(overlap=2)

    assert label_of(task) is None
    assert state_of(task) == "disputed"
    flag = Flag.objects.get(task=task)
    assert (flag.reason, flag.question, flag.state, flag.score) == ("conflict", "asked", "open", 0)
    counts = progress_reads.counts([project.pk])[project.pk]
    assert (counts.labeled, counts.disputed, counts.todo) == (0, 1, 0)
    assert streams.summary(project)["disputed"] == 1
    [row] = explorer_reads.rows(project, [task.pk])
    assert row.state == "disputed"
    invariant(project)


def test_a_decision_ends_the_dispute_and_its_undo_brings_it_back() -> None:
    project, task, _ = disputed()
    flag = Flag.objects.get(task=task)

    with pytest.raises(Invalid, match="no label to keep"):
        decide(project, flag, Decision.KEEP)
    decided = decide(project, flag, Decision.RELABEL, "b")
    label = label_of(task)
    assert label is not None
    assert (label.value, label.source, state_of(task)) == ("b", LabelSource.REVIEW, "labeled")

    reviews.undo(actor=project.created_by, act=decided.act)
    assert label_of(task) is None
    assert state_of(task) == "disputed"
    assert Flag.objects.get(task=task).state == FlagState.OPEN


def test_a_disputed_task_comes_back_disputed_from_quarantine_and_from_a_bulk_label() -> None:
    project, task, _ = disputed()
    everything: dict[str, Any] = {"actor": project.created_by, "project": project, "task_ids": [task.pk]}

    tasks.quarantine(**everything)
    tasks.restore(**everything)
    assert state_of(task) == "disputed"

    act = tasks.assign_label(**everything, question="asked", value="a")
    assert state_of(task) == "labeled"
    tasks.undo(actor=project.created_by, act=act)
    assert state_of(task) == "disputed"


def test_somebody_who_changes_their_mind_ends_the_dispute() -> None:
    _, task, people = disputed()

    answer(people[2], task, "a", version=1)

    label = label_of(task)
    assert label is not None
    assert (label.value, label.source, label.created_by) == ("a", LabelSource.CONSENSUS, None)
    assert state_of(task) == "labeled"
    assert not Flag.objects.filter(state=FlagState.OPEN).exists()


def test_less_agreement_than_the_floor_is_no_label() -> None:
    project = factories.project(schema=asking(kind="choice", labels=["a", "b"]), overlap=3, max_overlap=3)
    project = projects.update(actor=project.created_by, project=project, agreement_floor=0.9)
    task = factories.task(project)
    for value in "aab":
        answer(factories.member(project), task, value)

    assert label_of(task) is None
    assert state_of(task) == "disputed"
    assert Flag.objects.get(task=task).score == pytest.approx(2 / 3)


def test_a_dispute_retires_the_imported_label_and_a_withdrawn_answer_restores_it() -> None:
    project = factories.project(schema=asking(kind="choice", labels=["a", "b"]), overlap=2, max_overlap=2)
    task = factories.task(project)
    Label.objects.create(
        task=task, project=project, question="asked", value="b", classes=["b"], source=LabelSource.IMPORT,
        schema_version=1, guideline_version=0, created_at=task.created_at,
    )  # fmt: skip
    ann, bob = factories.member(project), factories.member(project)
    answer(ann, task, "a")
    answer(bob, task, "b")
    assert label_of(task) is None
    assert state_of(task) == "disputed"

    answer(bob, task, None, version=1)

    label = label_of(task)
    assert label is not None
    assert (label.value, label.source) == ("b", LabelSource.IMPORT)
    assert state_of(task) == "todo"
    invariant(project)
