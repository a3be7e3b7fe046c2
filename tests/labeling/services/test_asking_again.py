"""People asked again, tasks settled anew by other settings, and who is left to ask: nothing waits unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from labeling.models import (
    Annotation,
    AnnotationRevision,
    AnnotationState,
    BulkAct,
    Flag,
    Label,
    LabelSource,
    Membership,
    Project,
    QueueEntry,
    Task,
    TaskState,
    User,
)
from labeling.models.acts import Whom
from labeling.selectors import staffing as staffing_reads
from labeling.selectors import task_history as history_reads
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import asking, claims, jobs, people, projects, settling, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db


def answer(person: User, task: Task, value: str, **more: Any) -> None:
    task = Task.objects.select_related("project").get(pk=task.pk)
    mine = Annotation.objects.filter(task=task, annotator=person).first()
    version = mine.version if mine else 0
    given = {"intent": value, **more}
    saving.submit(
        actor=person, task=task, submission=Submission(given, version=version), key=f"{person.pk}-{task.pk}-{version}"
    )


def answered(*values: str, overlap: int, most: int, floor: float = 0.0) -> tuple[Project, Task, list[User]]:
    """Make a task that as many people as there are values answered."""
    project = factories.project(overlap=overlap, max_overlap=most)
    Project.objects.filter(pk=project.pk).update(agreement_floor=floor)
    project.refresh_from_db()
    task = factories.task(project)
    team = [factories.member(project) for _ in values]
    for person, value in zip(team, values, strict=True):
        answer(person, task, value)
    return project, task, team


def stands(task: Task) -> tuple[str, int, int]:
    entry = QueueEntry.objects.get(task=task)
    invariant(task.project)
    return entry.state, entry.required, entry.open_slots


def label_of(task: Task) -> Any:
    return Label.objects.filter(task=task, question="intent", retired_at=None).values_list("value", flat=True).first()


# Who is left to ask


def test_nobody_is_waited_for_who_is_not_there() -> None:
    _, task, _ = answered("billing", "delivery", overlap=2, most=5)
    assert stands(task) == ("disputed", 2, 0)
    assert Flag.objects.get(task=task).reason == "conflict"


def test_one_more_is_asked_while_somebody_is_left() -> None:
    project = factories.project(overlap=2, max_overlap=5)
    task = factories.task(project)
    one, two, _three = (factories.member(project) for _ in range(3))
    answer(one, task, "billing")
    answer(two, task, "delivery")
    assert stands(task) == ("todo", 3, 1)


def test_tasks_that_nobody_is_left_to_answer_are_counted_and_found() -> None:
    project = factories.project(overlap=2)
    one = factories.member(project)
    factories.member(project, "viewer")
    half, _untouched = factories.tasks(project, 2)
    answer(one, half, "billing")
    # One person labels here, and both tasks want two.
    assert staffing_reads.shortage(project) == staffing_reads.Shortage(tasks=2, lacking=1, people=1)
    two = factories.member(project)
    cache.clear()  # a count that took long is kept for a while
    assert staffing_reads.shortage(project) == staffing_reads.Shortage(people=2)
    saving.submit(
        actor=two,
        task=Task.objects.select_related("project").get(pk=half.pk),
        submission=Submission({}, state=AnnotationState.SKIPPED, skip_reason="other"),
        key="skip",
    )
    assert list(staffing_reads.short_entries(project).values_list("task_id", flat=True)) == [half.pk]


def test_a_project_in_which_nobody_labels_yet_lacks_nobody() -> None:
    project = factories.project(overlap=2)
    factories.task(project)
    assert staffing_reads.shortage(project).tasks == 0


def test_a_manager_who_has_answered_labels_too() -> None:
    project, _, _ = answered("billing", overlap=1, most=1)
    assert staffing_reads.labelers(project.pk).count() == 1
    answer(project.created_by, factories.task(project), "billing")
    assert staffing_reads.labelers(project.pk).count() == 2


def test_a_label_says_on_how_many_answers_it_rests() -> None:
    project, task, _ = answered("billing", "billing", "delivery", overlap=3, most=3)
    label = Label.objects.get(task=task, retired_at=None)
    assert (label.people, label.created_by) == (3, None)
    told = history_reads.history(
        task, schema=version_reads.schema(project.pk), reader=project.created_by, reviewer=True
    )
    assert any("source: consensus of 3 answers, confidence 0.67" in moment.words for moment in told)
    _, single, _ = answered("billing", overlap=1, most=1)
    assert Label.objects.get(task=single, retired_at=None).people == 1


def test_settled_with_the_answers_there_are_and_taken_back() -> None:
    project, task, (one,) = answered("billing", overlap=3, most=3)
    assert stands(task) == ("todo", 3, 2)
    act = settling.settle_now(actor=project.created_by, project=project, task_ids=[task.pk])
    assert act.count == 1
    assert stands(task) == ("labeled", 1, 0)
    label = Label.objects.get(task=task, retired_at=None)
    assert (label.value, label.source, label.created_by) == ("billing", LabelSource.ANNOTATION, one)

    tasks.undo(actor=project.created_by, act=act)
    assert stands(task) == ("todo", 3, 2)
    assert label_of(task) is None


def test_settling_sends_what_people_disagree_about_to_review_and_the_undo_takes_it_out() -> None:
    project, task, _ = answered("billing", "delivery", overlap=3, most=3)
    act = settling.settle_now(actor=project.created_by, project=project, task_ids=[task.pk])
    assert stands(task) == ("disputed", 2, 0)
    assert Flag.objects.filter(task=task, state="open").count() == 1
    tasks.undo(actor=project.created_by, act=act)
    assert stands(task) == ("todo", 3, 1)
    assert not Flag.objects.filter(task=task, state="open").exists()


def test_what_somebody_has_open_is_not_settled_under_them() -> None:
    project, task, _ = answered("billing", overlap=2, most=2)
    claims.claim_task(actor=factories.member(project), task=Task.objects.select_related("project").get(pk=task.pk))
    act = settling.settle_now(actor=project.created_by, project=project, task_ids=[task.pk])
    assert act.count == 0
    assert stands(task) == ("todo", 2, 0)


# Asked again


def test_those_who_answered_find_their_answers_and_the_label_stands_until_then() -> None:
    project, task, (one, two) = answered("billing", "billing", overlap=2, most=2)
    act = asking.ask_again(actor=project.created_by, project=project, task_ids=[task.pk], whom=Whom.SAME)
    assert stands(task) == ("todo", 2, 2)
    assert label_of(task) == "billing"
    assert set(Annotation.objects.values_list("state", "counted", "version")) == {("draft", False, 2)}
    assert claims.claim(actor=one, project=project, count=1).task_ids == [task.pk]
    told = [
        moment.words
        for moment in history_reads.history(
            task, schema=version_reads.schema(project.pk), reader=project.created_by, reviewer=True
        )
    ]
    assert "asked those who had answered to look again" in told
    assert told.count("was asked to look at this answer again (version 2)") == 2

    answer(one, task, "delivery")
    answer(two, task, "delivery")
    assert stands(task) == ("labeled", 2, 0)
    assert label_of(task) == "delivery"
    tasks.undo(actor=project.created_by, act=act)
    # Both have answered since: there is nothing to take back.
    assert stands(task) == ("labeled", 2, 0)


def test_asking_the_same_people_is_taken_back_as_far_as_they_have_not_begun() -> None:
    project, task, (one, _) = answered("billing", "billing", overlap=2, most=2)
    act = asking.ask_again(actor=project.created_by, project=project, task_ids=[task.pk], whom=Whom.SAME)
    claims.claim(actor=one, project=project, count=1)
    tasks.undo(actor=project.created_by, act=act)
    assert stands(task) == ("todo", 2, 0)
    assert Annotation.objects.filter(task=task, counted=True).count() == 1
    versions = AnnotationRevision.objects.filter(annotation__task=task).values_list("annotation", "number")
    assert len(set(versions)) == 5


def test_one_more_person_is_asked_and_is_not_any_more() -> None:
    project, task, _ = answered("billing", overlap=1, most=1)
    act = asking.ask_again(actor=project.created_by, project=project, task_ids=[task.pk], whom=Whom.ANOTHER)
    assert stands(task) == ("todo", 2, 1)
    tasks.undo(actor=project.created_by, act=act)
    assert stands(task) == ("labeled", 1, 0)


@pytest.mark.parametrize("whom", list(Whom))
def test_tasks_that_came_with_their_labels_are_asked_about(whom: Whom) -> None:
    project = factories.project(overlap=2)
    task = factories.task(project)
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="billing"
    )
    assert stands(task)[1:] == (0, 0)
    act = asking.ask_again(actor=project.created_by, project=project, task_ids=[task.pk], whom=whom)
    wanted = 1 if whom == Whom.ANOTHER else 2
    assert stands(task) == ("todo", wanted, wanted)
    tasks.undo(actor=project.created_by, act=act)
    assert stands(task) == ("labeled", 0, 0)


def test_what_waits_or_is_set_aside_is_not_asked_about_again() -> None:
    project = factories.project()
    waits, aside = factories.tasks(project, 2)
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[aside.pk])
    act = asking.ask_again(actor=project.created_by, project=project, task_ids=[waits.pk, aside.pk], whom=Whom.SAME)
    assert act.count == 0


# Settings


def changed(project: Project, **changes: Any) -> settling.Foreseen:
    """Change settings, settle by them, and return what was foreseen."""
    before = Project.objects.get(pk=project.pk)
    foreseen = settling.foresee(before, changes)
    projects.update(actor=project.created_by, project=project, **changes)
    job = settling.start(actor=project.created_by, project=project, floor=before.agreement_floor)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert job.result["changed"] == foreseen.changed
    return foreseen


def test_a_higher_floor_disputes_what_agrees_less_and_a_lower_one_settles_it() -> None:
    project, task, _ = answered("billing", "billing", "delivery", overlap=3, most=3)
    assert stands(task) == ("labeled", 3, 0)

    assert changed(project, agreement_floor=0.9).disputed == 1
    assert stands(task) == ("disputed", 3, 0)
    assert label_of(task) is None

    assert changed(project, agreement_floor=0.5).labeled == 1
    assert stands(task) == ("labeled", 3, 0)
    assert label_of(task) == "billing"
    assert not Flag.objects.filter(task=task, state="open").exists()


def test_a_higher_floor_asks_one_more_where_somebody_is_left() -> None:
    project, task, _ = answered("billing", "billing", "delivery", overlap=3, most=5)
    factories.member(project)
    assert changed(project, agreement_floor=0.9).asked == 1
    assert stands(task) == ("todo", 4, 1)

    # Fewer may be asked now: nobody waits for a fourth person any more.
    assert changed(project, max_overlap=3).disputed == 1
    assert stands(task) == ("disputed", 3, 0)


def test_what_a_reviewer_decided_and_what_was_asked_about_stay() -> None:
    project, task, _ = answered("billing", "billing", "delivery", overlap=3, most=3)
    tasks.assign_label(actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other")
    again = factories.task(project)
    for person, value in zip(people_of(project), ("billing",) * 3, strict=True):
        answer(person, again, value)
    asking.ask_again(actor=project.created_by, project=project, task_ids=[again.pk], whom=Whom.ANOTHER)

    changed(project, agreement_floor=0.9)
    assert label_of(task) == "other"
    assert stands(again) == ("todo", 4, 1)


def people_of(project: Project) -> list[User]:
    return [member.user for member in staffing_reads.labelers(project.pk).order_by("user").select_related("user")]


def test_settling_twice_changes_nothing_more() -> None:
    project, _, _ = answered("billing", "billing", "delivery", overlap=3, most=3)
    changed(project, agreement_floor=0.9)
    before = Label.objects.count()
    assert changed(project, agreement_floor=0.9).changed == 0
    assert Label.objects.count() == before


# A question that is new


def test_a_question_that_is_newly_required_is_asked_of_those_who_answered() -> None:
    project, task, (one,) = answered("billing", overlap=1, most=1)
    body = version_reads.schema(project.pk).dump()
    body["questions"].append({"name": "mood", "kind": "choice", "field": "text", "labels": ["good", "bad"]})
    projects.revise_schema(actor=project.created_by, project=project, schema=body)
    assert asking.lacking(project, ["mood"]).count() == 1
    assert stands(task) == ("labeled", 1, 0)

    job = asking.start(actor=project.created_by, project=project, questions=["mood"])
    jobs.perform_job(job.pk)
    assert stands(task) == ("todo", 1, 1)
    assert BulkAct.objects.get().verb == "ask"
    assert label_of(task) == "billing"
    answer(one, task, "billing", mood="good")
    assert stands(task) == (TaskState.LABELED, 1, 0)
    assert asking.lacking(project, ["mood"]).count() == 0


def test_who_left_the_project_is_not_waited_for() -> None:
    project = factories.project(overlap=2, max_overlap=5)
    task = factories.task(project)
    one, two, three = (factories.member(project) for _ in range(3))
    member = Membership.objects.select_related("user", "project").get(project=project, user=three)
    people.remove_member(actor=project.created_by, member=member)
    answer(one, task, "billing")
    answer(two, task, "delivery")
    assert stands(task) == ("disputed", 2, 0)
