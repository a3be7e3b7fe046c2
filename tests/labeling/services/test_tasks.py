"""Bulk acts and their undoing."""

import pytest

from labeling.errors import Conflict, Invalid, NotFound
from labeling.models import Event, Label, QueueEntry, Task, TaskState
from labeling.services import annotations as saving
from labeling.services import tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(QueueEntry.objects.order_by("task_id").values_list("state", flat=True))


def test_split_is_set_and_undone() -> None:
    project = factories.project()
    one, two = factories.tasks(project, 2)
    Task.objects.filter(pk=one.pk).update(split="test")

    act = tasks.set_split(actor=project.created_by, project=project, task_ids=[one.pk, two.pk], split="train")
    assert set(Task.objects.values_list("split", flat=True)) == {"train"}
    tasks.undo(actor=project.created_by, act=act)

    assert list(Task.objects.order_by("pk").values_list("split", flat=True)) == ["test", ""]
    with pytest.raises(Conflict, match="undone already"):
        tasks.undo(actor=project.created_by, act=act)


def test_quarantine_restore_and_their_undoing_return_to_where_tasks_stood() -> None:
    project = factories.project()
    labeled, waiting = factories.tasks(project, 2)
    saving.submit(
        actor=factories.member(project), task=labeled, submission=Submission(answers={"intent": "other"}), key="one"
    )
    ids = [labeled.pk, waiting.pk]

    act = tasks.quarantine(actor=project.created_by, project=project, task_ids=ids, reason="blurred")
    assert states() == [TaskState.QUARANTINED] * 2
    tasks.undo(actor=project.created_by, act=act)
    assert states() == [TaskState.LABELED, TaskState.TODO]
    tasks.quarantine(actor=project.created_by, project=project, task_ids=ids)
    act = tasks.restore(actor=project.created_by, project=project, task_ids=ids)
    assert states() == [TaskState.LABELED, TaskState.TODO]
    tasks.undo(actor=project.created_by, act=act)
    assert states() == [TaskState.QUARANTINED] * 2
    invariant(project)


def test_labels_are_assigned_and_undone_row_by_row() -> None:
    project = factories.project()
    labeled, waiting = factories.tasks(project, 2)
    saving.submit(
        actor=factories.member(project), task=labeled, submission=Submission(answers={"intent": "other"}), key="one"
    )

    first = tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[labeled.pk, waiting.pk], question="intent", value="billing"
    )
    second = tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[waiting.pk], question="intent", value="delivery"
    )
    tasks.undo(actor=project.created_by, act=first)

    current = dict(Label.objects.filter(retired_at=None).values_list("task_id", "value"))
    assert current == {labeled.pk: "other", waiting.pk: "delivery"}
    tasks.undo(actor=project.created_by, act=second)
    current = dict(Label.objects.filter(retired_at=None).values_list("task_id", "value"))
    assert current == {labeled.pk: "other", waiting.pk: "billing"}
    invariant(project)


def test_tasks_of_another_project_are_not_found_and_nothing_happens() -> None:
    project, other = factories.project(), factories.project()
    mine, theirs = factories.task(project), factories.task(other)

    with pytest.raises(NotFound):
        tasks.quarantine(actor=project.created_by, project=project, task_ids=[mine.pk, theirs.pk])

    assert set(states()) == {TaskState.TODO}
    assert not Event.objects.filter(verb="tasks.quarantine").exists()


@pytest.mark.parametrize(
    ("question", "value"), [("absent", "billing"), ("intent", "nonsense"), ("intent", 7), ("intent", None)]
)
def test_a_label_that_does_not_fit_is_refused(question: str, value: object) -> None:
    project = factories.project()
    task = factories.task(project)
    with pytest.raises(Invalid):
        tasks.assign_label(
            actor=project.created_by, project=project, task_ids=[task.pk], question=question, value=value
        )
    assert not Label.objects.exists()
