"""Gold: tasks whose answer is known come beside the queue, look like any other, and count for nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.models import (
    Annotation,
    AnnotationState,
    BulkAct,
    GoldAnswer,
    GoldServing,
    Label,
    LabelSource,
    Project,
    QueueEntry,
    Role,
    Task,
    TaskState,
    User,
)
from labeling.services import annotations as saving
from labeling.services import claims, gold, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _known_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeling.services.gold.chance", random.Random(11))


def confirmed(project: Project, count: int, label: str = "billing") -> list[Task]:
    """Make tasks that a reviewer has decided."""
    made = factories.tasks(project, count)
    ids = [task.pk for task in made]
    tasks.assign_label(actor=project.created_by, project=project, task_ids=ids, question="intent", value=label)
    return made


def golden(project: Project, count: int) -> list[Task]:
    made = confirmed(project, count)
    gold.make_gold(actor=project.created_by, project=project, task_ids=[task.pk for task in made])
    return made


def answer(person: User, pk: int, label: str = "billing", *, version: int = 0) -> saving.Saved:
    task = Task.objects.select_related("project").get(pk=pk)
    return saving.submit(
        actor=person, task=task, submission=Submission({"intent": label}, version=version), key=f"{pk}-{version}"
    )


def test_only_what_a_reviewer_decided_becomes_gold_and_it_leaves_the_queue_until_taken_back() -> None:
    project = factories.project(overlap=2)
    (open_again,) = confirmed(project, 1)
    QueueEntry.objects.filter(task=open_again).update(required=2, open_slots=2)
    imported, untouched = factories.tasks(project, 2)
    Label.objects.create(
        task=imported, project=project, question="intent", value="other", classes=["other"], schema_version=1,
        source=LabelSource.IMPORT, created_at=imported.created_at,
    )  # fmt: skip

    act = gold.make_gold(actor=project.created_by, project=project, task_ids=[open_again.pk, imported.pk, untouched.pk])

    assert act.count == 1
    assert list(GoldAnswer.objects.values_list("task_id", "question", "value")) == [
        (open_again.pk, "intent", "billing")
    ]
    entry = QueueEntry.objects.get(task=open_again)
    assert (entry.required, entry.open_slots, entry.state) == (0, 0, TaskState.LABELED)
    again = gold.make_gold(actor=project.created_by, project=project, task_ids=[open_again.pk])
    assert again.count == 0, "gold already"

    tasks.undo(actor=project.created_by, act=act)

    entry.refresh_from_db()
    assert (entry.required, entry.open_slots) == (2, 2)
    assert not GoldAnswer.objects.filter(retired_at=None).exists()
    invariant(project)


def test_gold_no_more_and_back_and_another_label_is_another_gold_answer() -> None:
    project = factories.project()
    (task,) = golden(project, 1)
    ended = gold.end_gold(actor=project.created_by, project=project, task_ids=[task.pk])
    assert not GoldAnswer.objects.filter(retired_at=None).exists()
    tasks.undo(actor=project.created_by, act=ended)
    assert GoldAnswer.objects.get(retired_at=None).value == "billing"

    tasks.assign_label(actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other")
    changed = gold.make_gold(actor=project.created_by, project=project, task_ids=[task.pk])
    assert GoldAnswer.objects.get(retired_at=None).value == "other"
    tasks.undo(actor=project.created_by, act=changed)
    assert GoldAnswer.objects.get(retired_at=None).value == "billing"


def test_the_first_five_of_a_newcomer_are_gold_then_a_share_each_once() -> None:
    project = factories.project(gold_share=20)
    known = {task.pk for task in golden(project, 40)}
    factories.tasks(project, 300)
    person = factories.member(project)

    first = claims.claim(actor=person, project=project, count=8).task_ids
    assert len(first) == 8
    assert len(known & set(first)) >= gold.FIRST
    given = list(first)
    for pk in first:
        answer(person, pk)
    while len(given) < 160:
        taken = claims.claim(actor=person, project=project, count=4, held=True).task_ids
        assert len(taken) == 4
        given += taken
        for pk in taken:
            answer(person, pk)

    later = [pk in known for pk in given[8:]]
    assert len(given) == len(set(given)), "each at most once"
    assert 0.1 < sum(later) / len(later) < 0.3
    assert 0 < sum(pk in known for pk in given) <= 40
    invariant(project)


def test_what_waits_is_given_again_and_is_held_like_any_other() -> None:
    project = factories.project(gold_share=20)
    golden(project, 5)
    factories.tasks(project, 5)
    person = factories.member(project)
    first = claims.claim(actor=person, project=project, count=5).task_ids
    assert set(first) == set(GoldServing.objects.values_list("task_id", flat=True))

    assert set(claims.claim(actor=person, project=project, count=5, held=True).task_ids) == set(first)
    assert claims.renew(actor=person, project=project, task_ids=first) == sorted(first)
    claims.claim_task(actor=person, task=Task.objects.select_related("project").get(pk=first[0]))
    assert claims.release(actor=person, project=project) == sorted(first)


def test_nothing_is_given_when_nothing_is_open_for_gold_would_stand_out() -> None:
    project = factories.project(gold_share=20)
    golden(project, 5)
    person = factories.member(project)
    assert claims.claim(actor=person, project=project, count=5).task_ids == []


def test_an_answer_to_gold_moves_nothing_but_what_is_kept_of_the_first() -> None:
    project = factories.project(overlap=1, max_overlap=3, gold_share=20)
    known = golden(project, 5)
    factories.tasks(project, 5)
    person = factories.member(project)
    before = list(QueueEntry.objects.filter(task__in=known).order_by("task").values())
    labels = list(Label.objects.order_by("pk").values())
    first, second, third, fourth, _ = claims.claim(actor=person, project=project, count=5).task_ids

    told = answer(person, first, "other").as_dict()
    assert told["counted"] is True, "the reply tells nothing"
    assert not Annotation.objects.get(task=first).counted
    assert answer(person, first, "other").as_dict() == told, "nor does a retry"
    answer(person, first, "billing", version=1)
    skipped = Task.objects.select_related("project").get(pk=second)
    skip = Submission({}, state=AnnotationState.SKIPPED, skip_reason="unclear")
    saving.submit(actor=person, task=skipped, submission=skip, key="skip")
    draft = Submission({"intent": "other"}, state=AnnotationState.DRAFT)
    drafted = Task.objects.select_related("project").get(pk=third)
    saving.submit(actor=person, task=drafted, submission=draft, key="draft")
    answer(person, fourth)

    kept = {serving.task_id: serving for serving in GoldServing.objects.all()}
    assert kept[first].answers == {"intent": "other"}, "the first one is kept"
    assert (kept[second].answers, kept[second].answered_at is not None) == (None, True)
    assert kept[third].answered_at is None
    assert list(QueueEntry.objects.filter(task__in=known).order_by("task").values()) == before
    assert list(Label.objects.order_by("pk").values()) == labels
    invariant(project)


def test_replies_about_gold_look_like_those_about_any_other_task(client_for: SignIn) -> None:
    project = factories.project(gold_share=20)
    known = {task.pk for task in golden(project, 6)}
    others = factories.tasks(project, 6)
    QueueEntry.objects.filter(task__in=others).update(reason="The model is unsure.", priority=1)
    person = factories.member(project)
    client = client_for(person)
    claimed = client.post(f"/api/projects/{project.slug}/claims/", {"count": 8}, content_type="application/json").json()
    given = {task["id"]: task for task in claimed["tasks"]}
    assert known & set(given)
    assert set(given) - known
    ids = sorted(given)
    left = client.get(f"/api/projects/{project.slug}/claims/").json()
    assert left["left"] == len(given) + claimed["remaining"]

    def look(shown: dict[str, object]) -> dict[str, object]:
        own = {"id", "external_id", "data", "annotation"}
        return {name: value for name, value in shown.items() if name not in own}

    for read in (given.values(), [client.get(f"/api/tasks/{pk}/").json() for pk in ids]):
        looks = [look(shown) for shown in read]
        assert all(one == looks[0] for one in looks), looks
    renewal = client.post(
        f"/api/projects/{project.slug}/claims/renew/", {"tasks": ids}, content_type="application/json"
    ).json()
    assert renewal == {"renewed": ids, "lost": []}

    for pk in ids:
        page = client.get(f"/p/{project.slug}/tasks/{pk}/").content.decode()
        assert "became the label" not in page
        assert "0 of 1 answer given. On the screen of 1 person now." in page
    listed = client.get(f"/api/projects/{project.slug}/tasks/?state=labeled").json()["results"]
    assert not {task["id"] for task in listed} & set(ids)
    labels = client.get(f"/api/projects/{project.slug}/labels/").json()["results"]
    assert not {label["task"] for label in labels} & set(ids)
    explored = client.get(f"/p/{project.slug}/tasks/?state=labeled").content.decode()
    assert not any(f"/tasks/{pk}/" in explored for pk in ids)

    for pk in ids:
        saved = client.post(
            f"/api/tasks/{pk}/annotations/", {"answers": {"intent": "billing"}}, content_type="application/json"
        ).json()
        assert saved["counted"] is True
        assert client.get(f"/api/tasks/{pk}/").json()["annotation"]["counted"] is True
        (mine,) = client.get(f"/api/tasks/{pk}/annotations/").json()["results"]
        assert mine["counted"] is True
        page = client.get(f"/p/{project.slug}/tasks/{pk}/").content.decode().lower()
        assert "gold" not in page
        assert "which came after" not in page
    activity = client.get(f"/p/{project.slug}/activity/").content.decode()
    assert "task" in activity
    assert " gold" not in activity


def test_only_managers_make_gold_and_can_take_it_back(client_for: SignIn) -> None:
    project = factories.project()
    (task,) = confirmed(project, 1)
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    bulk = f"/p/{project.slug}/tasks/bulk/"
    assert reviewer.post(bulk, {"task": task.pk, "act": "gold"}).status_code == 403
    manager = client_for(project.created_by)
    assert "made gold" in manager.post(bulk, {"task": task.pk, "act": "gold"}, follow=True).content.decode()
    act = BulkAct.objects.get(verb="gold")
    undo = f"/p/{project.slug}/acts/{act.pk}/undo/"
    assert reviewer.post(undo).status_code == 403
    manager.post(undo)
    assert not GoldAnswer.objects.filter(retired_at=None).exists()


def test_projects_without_gold_claim_with_the_statements_they_always_had() -> None:
    project = factories.project()
    golden(project, 2)
    factories.tasks(project, 5)
    person = factories.member(project)
    with CaptureQueriesContext(connection) as captured:
        claims.claim(actor=person, project=project, count=2)
    asked = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) == 2
    assert not any("gold" in sql for sql in asked)
