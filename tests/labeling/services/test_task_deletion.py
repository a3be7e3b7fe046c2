"""Deleted tasks: out of everything at once, there again when taken back, and gone for good after a day."""

from __future__ import annotations

import pytest

from labeling.errors import Conflict, NotFound
from labeling.formats import images
from labeling.jobs import delete_due_tasks
from labeling.models import (
    Annotation,
    BulkAct,
    Event,
    Flag,
    Label,
    MediaLink,
    Project,
    QueueEntry,
    Task,
    TaskDeletion,
)
from labeling.services import annotations as saving
from labeling.services import claims, flags, media, task_deletion, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant
from tests.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


def delete(project: Project, *chosen: Task) -> BulkAct:
    return task_deletion.delete_tasks(actor=project.created_by, project=project, task_ids=[task.pk for task in chosen])


def pass_a_day() -> None:
    for deletion in TaskDeletion.objects.all():
        deletion.due_at -= task_deletion.PAUSE
        deletion.save()


def answered(project: Project) -> Task:
    """Make a task with an answer, a label, a flag and a comment."""
    task = factories.task(project)
    person = factories.member(project)
    saving.submit(
        actor=person, task=task, submission=Submission({"intent": "billing"}, comment="Hm."), key=f"answer {task.pk}"
    )
    flags.raise_flag(actor=person, task=task, note="Look.")
    return task


def test_a_deleted_task_is_out_of_everything_and_there_again_when_taken_back(project: Project) -> None:
    labeled, waiting, other = answered(project), factories.task(project), factories.task(project)
    act = delete(project, labeled, waiting)
    person = factories.member(project)
    assert claims.claim(actor=person, project=project, count=10).task_ids == [other.pk]
    delete_due_tasks()
    assert Task.objects.count() == 3, "a day has not passed"

    tasks.undo(actor=project.created_by, act=act)
    states = dict(QueueEntry.objects.values_list("task_id", "state"))
    assert states == {labeled.pk: "labeled", waiting.pk: "todo", other.pk: "todo"}
    assert not TaskDeletion.objects.exists()
    invariant(project)
    with pytest.raises(Conflict, match="undone already"):
        tasks.undo(actor=project.created_by, act=act)


def test_after_a_day_it_is_gone_with_all_that_hung_on_it(project: Project) -> None:
    gone, stays = answered(project), answered(project)
    act = delete(project, gone)
    pass_a_day()
    assert task_deletion.delete_due_tasks() == 1
    assert task_deletion.delete_due_tasks() == 0
    for model in (Task, Annotation, Label, Flag, QueueEntry):
        assert model._default_manager.count() == 1
    assert Task.objects.get() == stays
    told = Event.objects.get(verb="tasks.gone")
    assert (told.actor, told.payload["count"], told.payload["act"]) == (project.created_by, 1, act.pk)
    assert Event.objects.filter(verb="annotation.submitted").count() == 2, "what was done stays told"
    with pytest.raises(Conflict, match="deleted for good"):
        tasks.undo(actor=project.created_by, act=act)
    invariant(project)


def test_what_was_restored_meanwhile_stays(project: Project) -> None:
    one, other, third = factories.tasks(project, 3)
    delete(project, one, other, third)
    tasks.restore(actor=project.created_by, project=project, task_ids=[one.pk])
    # Left quarantine by another way than being restored.
    QueueEntry.objects.filter(task=other).update(state="todo")
    pass_a_day()
    assert task_deletion.delete_due_tasks() == 1
    assert set(Task.objects.all()) == {one, other}
    assert not TaskDeletion.objects.exists()


def test_deleted_twice_is_deleted_once_and_taken_back_by_the_first(project: Project) -> None:
    task = factories.task(project)
    first, second = delete(project, task), delete(project, task)
    assert (first.count, second.count) == (1, 0)
    tasks.undo(actor=project.created_by, act=second)
    assert TaskDeletion.objects.get().act == first
    tasks.undo(actor=project.created_by, act=first)
    assert QueueEntry.objects.get().state == "todo"


def test_what_was_in_quarantine_before_goes_back_there(project: Project) -> None:
    task = factories.task(project)
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk])
    act = delete(project, task)
    tasks.undo(actor=project.created_by, act=act)
    assert QueueEntry.objects.get().state == "quarantined"


def test_an_older_act_is_taken_back_for_the_tasks_that_are_left(project: Project) -> None:
    gone, stays = factories.tasks(project, 2)
    moved = tasks.set_split(actor=project.created_by, project=project, task_ids=[gone.pk, stays.pk], split="test")
    delete(project, gone)
    pass_a_day()
    task_deletion.delete_due_tasks()
    tasks.undo(actor=project.created_by, act=moved)
    stays.refresh_from_db()
    assert stays.split == ""


def test_its_image_is_shown_to_nobody_any_more(own_storage: object) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    infos = [images.check(picture(size=(60, height))) for height in (40, 50)]
    for info, height in zip(infos, (40, 50), strict=True):
        media.store_media(picture(size=(60, height)), info)
    media.link(project.pk, infos)
    shown = [{"image": {"sha256": info.sha256, "width": 60, "height": 40, "name": "", "bytes": 1}} for info in infos]
    gone, _ = factories.tasks(project, data=shown)
    delete(project, gone)
    pass_a_day()
    task_deletion.delete_due_tasks()
    assert [link.media_id for link in MediaLink.objects.filter(project=project)] == [infos[1].sha256]


def test_tasks_of_another_project_are_not_found(project: Project) -> None:
    with pytest.raises(NotFound):
        delete(project, factories.task(factories.project()))
