"""Tasks added and changed by the API, and answers to several tasks at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from labeling.formats import images
from labeling.models import (
    Annotation,
    AnnotationRevision,
    BulkAct,
    Event,
    Label,
    LabelSource,
    Project,
    Role,
    Task,
    User,
)
from labeling.services import media
from labeling.services import tasks as acts
from tests import factories
from tests.invariants import invariant
from tests.pictures import picture

pytestmark = pytest.mark.django_db

ApiFor = Callable[[User], APIClient]


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def api(project: Project, api_for: ApiFor) -> APIClient:
    return api_for(project.created_by)


def add(api: APIClient, project: Project, *tasks: dict[str, Any]) -> Any:
    return api.post(f"/api/projects/{project.slug}/tasks/", {"tasks": list(tasks)}, format="json")


def test_tasks_come_with_all_that_is_known_of_them_and_only_once(project: Project, api: APIClient) -> None:
    sent: list[dict[str, Any]] = [
        {"data": {"text": "Where is my parcel?"}, "external_id": "m-1", "split": "train", "meta": {"from": "chat"}},
        {"data": {"text": "My invoice is wrong."}, "labels": {"intent": "billing"}},
    ]
    first = add(api, project, *sent)
    assert first.status_code == 201, first.json()
    told = first.json()
    assert (told["created"], told["existing"]) == (2, 0)
    one, other = (Task.objects.get(pk=row["id"]) for row in told["tasks"])
    assert (one.data, one.external_id, one.split, one.meta) == (
        {"text": "Where is my parcel?"}, "m-1", "train", {"from": "chat"},
    )  # fmt: skip
    label = Label.objects.get(task=other)
    assert (label.value, label.source) == ("billing", LabelSource.IMPORT)
    assert (one.queue_entry.state, other.queue_entry.state) == ("todo", "labeled")
    invariant(project)

    again = add(api, project, *sent)
    assert again.status_code == 200
    assert again.json() == {
        "tasks": [row | {"created": False} for row in told["tasks"]],
        "created": 0,
        "existing": 2,
    }
    assert Task.objects.count() == 2
    assert Event.objects.filter(verb="tasks.added").count() == 1


def test_what_was_sent_otherwise_about_a_task_that_was_there_is_said(project: Project, api: APIClient) -> None:
    add(api, project, {"data": {"text": "One"}, "external_id": "a", "labels": {"intent": "other"}, "meta": {"n": 1}})
    sent = {
        "data": {"text": "One"},
        "external_id": "a",
        "labels": {"intent": "billing"},
        "meta": {"n": 1},
        "split": "test",
    }
    told = add(api, project, sent).json()["tasks"]
    assert told[0]["differs"] == ["labels", "split"]
    assert Label.objects.get().value == "other"
    # Twice within one call: the second is held against the first.
    twice = add(api, project, {"data": {"text": "Two"}}, {"data": {"text": "Two"}, "split": "train"}).json()["tasks"]
    assert twice[0]["id"] == twice[1]["id"]
    assert [row["created"] for row in twice] == [True, False]
    assert [row["differs"] for row in twice] == [[], ["split"]]


@pytest.mark.parametrize(
    ("task", "path"),
    [
        ({"data": {}}, "tasks[1].data.text"),
        ({"data": {"text": 5}}, "tasks[1].data.text"),
        ({"data": {"text": "x", "more": "y"}}, "tasks[1].data.more"),
        ({"data": {"text": "x"}, "labels": {"intent": "nonsense"}}, "tasks[1].labels.intent"),
        ({"data": {"text": "x"}, "labels": {"mood": 1}}, "tasks[1].mood"),
        ({"data": {"text": "x"}, "external_id": "known"}, "tasks[1].external_id"),
        ({"data": {"text": "x"}, "split": "holdout"}, "tasks[1].split"),
        ({"data": {"text": "x"}, "meta": {"long": "x" * 70_000}}, "tasks[1].meta"),
        ({"data": {"text": "x"}, "color": "red"}, "tasks[1].color"),
    ],
)
def test_where_one_cannot_be_taken_none_is_and_the_path_says_which(
    project: Project, api: APIClient, task: dict[str, Any], path: str
) -> None:
    add(api, project, {"data": {"text": "There before"}, "external_id": "known"})
    refused = add(api, project, {"data": {"text": "Fine"}}, task)
    assert refused.status_code == 400
    assert [problem["path"] for problem in refused.json()["errors"]] == [path]
    assert Task.objects.count() == 1


def test_images_are_named_and_never_decoded_here(api_for: ApiFor) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    client = api_for(project.created_by)
    refused = add(
        client, project, {"data": {"image": "data:image/png;base64,AAAA"}}, {"data": {"image": {"sha256": "0" * 64}}}
    )
    assert refused.status_code == 400
    assert [problem["path"] for problem in refused.json()["errors"]] == ["tasks[0].data.image", "tasks[1].data.image"]
    assert "by the import" in refused.json()["errors"][0]["message"]


def test_no_more_than_a_thousand_and_only_by_managers(project: Project, api: APIClient, api_for: ApiFor) -> None:
    many = [{"data": {"text": f"Text {number}"}} for number in range(1_001)]
    assert add(api, project, *many).status_code == 400
    assert add(api, project).status_code == 400
    assert add(api, project, *many[:1_000]).json()["created"] == 1_000
    assert add(api_for(factories.member(project, Role.REVIEWER)), project, many[0]).status_code == 403


def test_split_and_metadata_change_and_can_be_taken_back(project: Project, api: APIClient) -> None:
    task = factories.task(project)
    Task.objects.filter(pk=task.pk).update(meta={"from": "mail"})
    address = f"/api/tasks/{task.pk}/"
    changed = api.patch(address, {"split": "test", "meta": {"from": "chat", "n": 2}}, format="json")
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["split"], changed.json()["meta"]) == ("test", {"from": "chat", "n": 2})
    assert api.patch(address, {"split": "test"}, format="json").status_code == 200
    assert sorted(BulkAct.objects.values_list("verb", flat=True)) == ["meta", "split"], "the same again is no act"
    for act in BulkAct.objects.order_by("-pk"):
        acts.undo(actor=project.created_by, act=act)
    task.refresh_from_db()
    assert (task.split, task.meta) == ("", {"from": "mail"})
    assert api.patch(address, {}, format="json").status_code == 400
    assert api.patch(address, {"meta": {"long": "x" * 70_000}}, format="json").status_code == 400
    assert api.patch(address, {"data": {"text": "Other"}}, format="json").status_code == 400


def test_metadata_that_were_changed_since_stay_when_an_act_is_taken_back(project: Project, api: APIClient) -> None:
    task = factories.task(project)
    api.patch(f"/api/tasks/{task.pk}/", {"meta": {"n": 1}}, format="json")
    api.patch(f"/api/tasks/{task.pk}/", {"meta": {"n": 2}}, format="json")
    acts.undo(actor=project.created_by, act=BulkAct.objects.earliest("pk"))
    task.refresh_from_db()
    assert task.meta == {"n": 2}


def test_answers_to_several_tasks_are_saved_each_by_itself(project: Project, api_for: ApiFor) -> None:
    one, other = factories.tasks(project, 2)
    stranger = factories.task(factories.project())
    person = factories.member(project)
    sent = {
        "annotations": [
            {"task": one.pk, "answers": {"intent": "billing"}, "key": "first"},
            {"task": other.pk, "answers": {"intent": "nonsense"}, "key": "second"},
            {"task": stranger.pk, "answers": {"intent": "billing"}, "key": "third"},
            {"task": one.pk, "answers": {"intent": "other"}, "version": 0, "key": "fourth"},
            {"task": other.pk, "answers": {}, "state": "skipped", "skip_reason": "unclear", "key": "fifth"},
        ]
    }
    address = f"/api/projects/{project.slug}/annotations/"
    for _ in range(2):  # the same call again saves nothing twice
        answered = api_for(person).post(address, sent, format="json")
        assert answered.status_code == 200
        results = answered.json()["results"]
        assert [result["task"] for result in results] == [each["task"] for each in sent["annotations"]]
        assert [(result["refused"] or {}).get("status") for result in results] == [None, 400, 404, 409, None]
        assert results[1]["refused"]["errors"][0]["path"] == "answers.intent"
        assert (results[0]["saved"]["answers"], results[4]["saved"]["state"]) == ({"intent": "billing"}, "skipped")
    assert Annotation.objects.count() == AnnotationRevision.objects.count() == 2
    invariant(project)


def test_only_who_annotates_saves_several(project: Project, api_for: ApiFor) -> None:
    task = factories.task(project)
    sent = {"annotations": [{"task": task.pk, "answers": {"intent": "billing"}}]}
    address = f"/api/projects/{project.slug}/annotations/"
    assert api_for(factories.member(project, Role.VIEWER)).post(address, sent, format="json").status_code == 403
    too_many = {"annotations": sent["annotations"] * 201}
    assert api_for(factories.member(project)).post(address, too_many, format="json").status_code == 400


def test_an_image_that_the_project_has_is_shown_by_another_task(api_for: ApiFor, own_storage: object) -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    content = picture(size=(60, 40))
    info = images.check(content)
    media.store_media(content, info)
    media.link(project.pk, [info])
    sent = {"data": {"image": {"sha256": info.sha256}}, "external_id": "again"}
    told = add(api_for(project.created_by), project, sent)
    assert told.status_code == 201, told.json()
    shown = Task.objects.get(external_id="again").data["image"]
    assert (shown["sha256"], shown["width"], shown["height"]) == (info.sha256, 60, 40)
    elsewhere = factories.project(schema=factories.IMAGE_SCHEMA)
    assert add(api_for(elsewhere.created_by), elsewhere, sent).status_code == 400
