"""Saves: exactly once, never silently over another, and settled into labels."""

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from labeling.errors import Conflict, Invalid
from labeling.models import (
    Annotation,
    AnnotationRevision,
    AnnotationState,
    Event,
    Flag,
    Label,
    LabelSource,
    Lease,
    QueueEntry,
    Task,
    TaskState,
    User,
)
from labeling.services import annotations as saving
from labeling.services import claims, tasks
from labeling.services.annotations import Saved, Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db
keys = itertools.count()


def save(actor: User, task: Task, label: str = "", *, key: str = "", **fields: Any) -> Saved:
    answers = {"intent": label} if label else {}
    return saving.submit(
        actor=actor, task=task, submission=Submission(answers=answers, **fields), key=key or f"key-{next(keys)}"
    )


def label_of(task: Task) -> str | None:
    found = Label.objects.filter(task=task, retired_at=None).first()
    return str(found.value) if found else None


def test_an_answer_becomes_the_label_and_ends_the_lease() -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)
    claims.claim(actor=ann, project=project, count=1)

    saved = save(ann, task, "billing", lead_time_ms=1234)

    assert saved.as_dict()["version"] == 1
    label = Label.objects.get(task=task)
    assert (label.value, label.classes, label.source, label.created_by) == ("billing", ["billing"], "annotation", ann)
    assert not Lease.objects.exists()
    assert QueueEntry.objects.get(task=task).state == TaskState.LABELED
    assert Event.objects.filter(verb="annotation.submitted", task=task, actor=ann).count() == 1
    invariant(project)


def test_the_same_key_is_the_same_save() -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)

    first = save(ann, task, "billing", key="once")
    second = save(ann, task, "delivery", key="once")

    assert second.replayed
    assert second.as_dict() == first.as_dict()
    assert AnnotationRevision.objects.count() == 1
    assert label_of(task) == "billing"


def test_a_key_of_another_task_is_refused() -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    ann = factories.member(project)
    save(ann, one, "billing", key="once")

    with pytest.raises(Invalid, match="another task"):
        save(ann, two, "billing", key="once")


def test_a_stale_version_conflicts_and_changes_nothing() -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)
    save(ann, task, "billing")

    with pytest.raises(Conflict) as caught:
        save(ann, task, "delivery", version=0)

    assert caught.value.current is not None
    assert caught.value.current["version"] == 1
    assert caught.value.current["answers"] == {"intent": "billing"}
    assert label_of(task) == "billing"


def test_a_new_revision_retires_the_old_label() -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)
    save(ann, task, "billing")

    save(ann, task, "delivery", version=1)

    assert label_of(task) == "delivery"
    assert [label.value for label in Label.objects.filter(task=task).order_by("pk")] == ["billing", "delivery"]
    assert Annotation.objects.get().version == 2
    invariant(project)


def test_a_late_answer_is_kept_and_does_not_count() -> None:
    project = factories.project()
    task = factories.task(project)
    ann, bob = factories.member(project), factories.member(project)
    save(ann, task, "billing")

    late = save(bob, task, "delivery")

    assert late.as_dict()["counted"] is False
    assert label_of(task) == "billing"
    assert Annotation.objects.filter(task=task).count() == 2
    invariant(project)


def test_skipping_frees_the_slot_for_others_and_raises_a_flag() -> None:
    project = factories.project()
    task = factories.task(project)
    ann, bob = factories.member(project), factories.member(project)
    claims.claim(actor=ann, project=project, count=1)

    save(ann, task, state=AnnotationState.SKIPPED, skip_reason="unclear")

    assert claims.claim(actor=ann, project=project, count=1).task_ids == []
    assert claims.claim(actor=bob, project=project, count=1).task_ids == [task.pk]
    assert Flag.objects.get(task=task).reason == "skipped"
    save(bob, task, "other")
    assert Flag.objects.get(task=task).state == "closed"
    invariant(project)


def test_taking_an_answer_back_reopens_the_task_and_restores_the_imported_label() -> None:
    project = factories.project()
    task = factories.task(project)
    Label.objects.create(
        task=task, project=project, question="intent", value="other", classes=["other"], source=LabelSource.IMPORT,
        schema_version=1, created_at=task.created_at,
    )  # fmt: skip
    ann = factories.member(project)
    save(ann, task, "billing")
    assert label_of(task) == "billing"

    save(ann, task, "billing", state=AnnotationState.DRAFT, version=1)

    assert label_of(task) == "other"
    assert QueueEntry.objects.get(task=task).state == TaskState.TODO
    assert Lease.objects.get().user == ann
    invariant(project)


def test_a_draft_may_be_incomplete_and_keeps_the_lease() -> None:
    project = factories.project()
    task = factories.task(project)
    ann = factories.member(project)
    claims.claim(actor=ann, project=project, count=1)

    save(ann, task, state=AnnotationState.DRAFT)

    assert Lease.objects.get().user == ann
    assert not Label.objects.exists()
    invariant(project)


@pytest.mark.parametrize(
    ("answers", "path"),
    [({}, "answers.intent"), ({"intent": "nonsense"}, "answers.intent"), ({"intent": "other", "x": 1}, "answers.x")],
)
def test_answers_that_do_not_fit_the_schema_are_refused(answers: dict[str, Any], path: str) -> None:
    project = factories.project()
    task = factories.task(project)

    with pytest.raises(Invalid) as caught:
        saving.submit(actor=factories.member(project), task=task, submission=Submission(answers=answers), key="key")

    assert [problem.path for problem in caught.value.problems] == [path]
    assert not Annotation.objects.exists()


def test_overlap_waits_for_all_and_takes_the_consensus() -> None:
    project = factories.project(overlap=3)
    task = factories.task(project)
    people = [factories.member(project) for _ in range(3)]

    save(people[0], task, "billing")
    save(people[1], task, "delivery")
    assert label_of(task) is None
    save(people[2], task, "billing")

    label = Label.objects.get(task=task, retired_at=None)
    assert (label.value, label.source) == ("billing", LabelSource.CONSENSUS)
    assert label.confidence == pytest.approx(2 / 3)
    invariant(project)


def test_disagreement_asks_one_more_person_and_then_a_reviewer() -> None:
    project = factories.project(overlap=2, max_overlap=3)
    task = factories.task(project)
    people = [factories.member(project) for _ in range(4)]

    save(people[0], task, "billing")
    save(people[1], task, "delivery")
    assert QueueEntry.objects.get(task=task).open_slots == 1
    assert not Flag.objects.exists()
    save(people[2], task, "other")

    flag = Flag.objects.get(task=task)
    assert (flag.reason, flag.question, flag.state) == ("conflict", "intent", "open")
    assert claims.claim(actor=people[3], project=project, count=1).task_ids == []
    invariant(project)


def test_a_bulk_label_outranks_later_annotations_and_can_be_undone() -> None:
    project = factories.project()
    task = factories.task(project)
    manager = project.created_by
    act = tasks.assign_label(actor=manager, project=project, task_ids=[task.pk], question="intent", value="other")
    assert QueueEntry.objects.get(task=task).open_slots == 0

    save(factories.member(project), task, "billing")
    assert label_of(task) == "other"
    tasks.undo(actor=manager, act=act)

    assert label_of(task) is None
    assert QueueEntry.objects.get(task=task).open_slots == 1
    invariant(project)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labeling_task SET data = '{}'",
        "UPDATE labeling_label SET value = '\"x\"'",
        "UPDATE labeling_annotationrevision SET answers = '{}'",
        "UPDATE labeling_event SET verb = 'x'",
        "UPDATE labeling_schemaversion SET body = '{}'",
    ],
)
def test_the_database_refuses_to_change_history(statement: str) -> None:

    project = factories.project()
    save(factories.member(project), factories.task(project), "billing")

    with pytest.raises(DatabaseError, match="never change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
