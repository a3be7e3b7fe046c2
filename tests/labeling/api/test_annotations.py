"""Annotations, comments and flags over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labeling.models import AnnotationRevision, Comment
from tests import factories
from tests.query_counts import assert_same_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.test import APIClient

    from labeling.models import Project, Task, User

    ApiFor = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def task(project: Project) -> Task:
    return factories.task(project)


def save(client: APIClient, task: Task, key: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/tasks/{task.pk}/annotations/", body, format="json", headers=headers)


def test_a_submit_is_acknowledged_with_its_version(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    saved = save(client, task, "key-1", answers={"intent": "billing"}, state="submitted", version=0, lead_time_ms=1200)
    assert saved.status_code == 201
    assert saved.json() | {"updated_at": "", "id": 0} == {
        "id": 0,
        "task": task.pk,
        "state": "submitted",
        "version": 1,
        "answers": {"intent": "billing"},
        "updated_at": "",
        "counted": True,
        "guideline_version": 0,
    }
    labels = client.get(f"/api/projects/{project.slug}/labels/").json()["results"]
    assert [(label["task"], label["question"], label["value"], label["source"]) for label in labels] == [
        (task.pk, "intent", "billing", "annotation")
    ]
    assert labels[0]["external_id"] == task.external_id


def test_the_same_key_again_is_the_same_reply_and_no_second_save(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    first = save(client, task, "key-1", answers={"intent": "billing"})
    again = save(client, task, "key-1", answers={"intent": "billing"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert AnnotationRevision.objects.filter(annotation__task=task).count() == 1


def test_without_a_key_every_request_is_a_save(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    assert save(client, task, answers={"intent": "billing"}).json()["version"] == 1
    assert save(client, task, answers={"intent": "other"}, version=1).json()["version"] == 2


def test_a_stale_version_is_a_conflict_that_shows_what_is_stored(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    save(client, task, answers={"intent": "billing"})
    refused = save(client, task, answers={"intent": "other"}, version=0)
    assert refused.status_code == 409
    problem = refused.json()
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert problem["current"]["version"] == 1
    assert problem["current"]["answers"] == {"intent": "billing"}
    assert set(problem["current"]) == {"version", "answers", "state", "updated_at"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"answers": {}}, "answers.intent"),
        ({"answers": {"intent": "nonsense"}}, "answers.intent"),
        ({"answers": {"intent": "billing", "more": 1}}, "answers.more"),
        ({"answers": {"intent": ["billing"]}, "state": "draft"}, "answers.intent"),
        ({"answers": {"intent": "billing"}, "lead_time_ms": -1}, "lead_time_ms"),
        ({"answers": {"intent": "billing"}, "state": "done"}, "state"),
        ({"answers": {}, "state": "skipped", "skip_reason": "bored"}, "skip_reason"),
        ({"answers": {"intent": "billing"}, "version": -1}, "version"),
    ],
)
def test_an_answer_that_does_not_fit_names_its_path(
    body: dict[str, Any], path: str, project: Project, task: Task, api_for: ApiFor
) -> None:
    refused = save(api_for(factories.member(project)), task, **body)
    assert refused.status_code == 400
    assert [entry["path"] for entry in refused.json()["errors"]] == [path]


def test_a_key_of_a_kind_that_cannot_be_kept_is_a_400(project: Project, task: Task, api_for: ApiFor) -> None:
    refused = save(api_for(factories.member(project)), task, "k" * 65, answers={"intent": "billing"})
    assert refused.status_code == 400
    assert [entry["path"] for entry in refused.json()["errors"]] == ["Idempotency-Key"]


def test_drafts_and_skips_are_kept(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    assert save(client, task, answers={}, state="draft").json()["state"] == "draft"
    skipped = save(client, task, answers={}, state="skipped", skip_reason="unclear", version=1, comment="Which one?")
    assert skipped.json()["state"] == "skipped"
    assert Comment.objects.get(task=task).body == "Which one?"


def test_annotators_see_their_own_annotations_and_reviewers_all(project: Project, api_for: ApiFor) -> None:
    task = factories.task(factories.project(overlap=2))
    one, other = (factories.member(task.project) for _ in range(2))
    for person in (one, other):
        save(api_for(person), task, answers={"intent": "billing"})
    address = f"/api/tasks/{task.pk}/annotations/"
    assert [row["annotator"] for row in api_for(one).get(address).json()["results"]] == [one.email]
    reviewer = api_for(factories.member(task.project, "reviewer"))
    assert len(reviewer.get(address).json()["results"]) == 2
    assert len(reviewer.get(f"/api/projects/{task.project.slug}/annotations/").json()["results"]) == 2


def test_the_last_answers_come_newest_first_and_paged(project: Project, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    made = factories.tasks(project, 5)
    for task in made:
        save(client, task, answers={"intent": "other"})
    address: str | None = f"/api/projects/{project.slug}/annotations/mine/?limit=2"
    seen = []
    while address:
        page = client.get(address).json()
        seen += [(entry["task"]["id"], entry["annotation"]["answers"]) for entry in page["results"]]
        address = page["next"]
    assert seen == [(task.pk, {"intent": "other"}) for task in reversed(made)]


@pytest.mark.parametrize("address", ["annotations/mine/", "annotations/", "labels/"])
def test_lists_of_annotations_cost_the_same_for_any_number(address: str, project: Project, api_for: ApiFor) -> None:
    reviewer = factories.member(project, "reviewer")
    client = api_for(reviewer)

    def add(count: int) -> None:
        for task in factories.tasks(project, count):
            save(client, task, answers={"intent": "other"})
        for task in factories.tasks(project, count):
            save(api_for(factories.member(project)), task, answers={"intent": "other"})

    add(1)
    assert_same_queries(lambda: client.get(f"/api/projects/{project.slug}/{address}"), add_rows=lambda: add(3))


def test_the_annotations_of_a_task_cost_the_same_for_any_number(api_for: ApiFor) -> None:
    project = factories.project(overlap=4)
    task = factories.task(project)
    reviewer = api_for(factories.member(project, "reviewer"))

    def add(count: int) -> None:
        for _ in range(count):
            save(api_for(factories.member(project)), task, answers={"intent": "other"})

    add(1)
    assert_same_queries(lambda: reviewer.get(f"/api/tasks/{task.pk}/annotations/"), add_rows=lambda: add(3))


def test_comments_are_listed_newest_first_at_a_steady_cost(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    address = f"/api/tasks/{task.pk}/comments/"

    def say(*words: str) -> None:
        for word in words:
            assert client.post(address, {"body": word}, format="json").status_code == 201

    say("first")
    assert_same_queries(lambda: client.get(address), add_rows=lambda: say("second", "third"))
    assert [comment["body"] for comment in client.get(address).json()["results"]] == ["third", "second", "first"]


def test_a_flag_is_raised_by_hand(project: Project, task: Task, api_for: ApiFor) -> None:
    client = api_for(factories.member(project))
    address = f"/api/tasks/{task.pk}/flags/"
    raised = client.post(address, {"note": "Two languages.", "question": "intent"}, format="json")
    assert raised.status_code == 201
    assert {key: raised.json()[key] for key in ("reason", "state", "question", "note")} == {
        "reason": "manual",
        "state": "open",
        "question": "intent",
        "note": "Two languages.",
    }
    listed = api_for(project.created_by).get(f"/api/projects/{project.slug}/flags/").json()["results"]
    assert listed == [raised.json()]  # one document for a flag, wherever it is shown
    refused = client.post(address, {"note": "x", "question": "nothing"}, format="json")
    assert [entry["path"] for entry in refused.json()["errors"]] == ["question"]
