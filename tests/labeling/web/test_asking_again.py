"""What a change means for answers that are there: asked beforehand, done as chosen, undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from labeling.models import JobRun, Label, Project, QueueEntry, Task, User
from labeling.selectors import versions as version_reads
from labeling.services import annotations as saving
from labeling.services import jobs
from labeling.services.annotations import Submission
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def project() -> Project:
    """Make a project in which two of three people agree about a task."""
    project = factories.project(overlap=3)
    Project.objects.filter(pk=project.pk).update(agreement_floor=0.5)
    project.refresh_from_db()
    task = factories.task(project)
    for given in ("billing", "billing", "delivery"):
        person = factories.member(project)
        saving.submit(actor=person, task=task, submission=Submission({"intent": given}), key="one")
    return project


@pytest.fixture
def client(project: Project, client_for: SignIn) -> Client:
    return client_for(project.created_by)


def sent(project: Project, **more: Any) -> dict[str, Any]:
    form = {
        "name": project.name,
        "description": project.description,
        "overlap": 3,
        "max_overlap": 3,
        "agreement_floor": 0.5,
        "lease_minutes": 10,
    }
    return form | more


def work() -> None:
    for job in JobRun.objects.filter(state="queued").order_by("pk"):
        jobs.perform_job(job.pk)


def state(project: Project) -> str:
    return QueueEntry.objects.get(project=project).state


def test_a_change_of_settings_says_beforehand_what_it_means_and_does_it(project: Project, client: Client) -> None:
    address = f"/p/{project.slug}/settings/"
    asked = client.post(address, sent(project, agreement_floor=0.9))
    assert asked.status_code == 200
    assert "1 task would be disputed" in asked.content.decode()
    project.refresh_from_db()
    assert project.agreement_floor == 0.5

    done = client.post(address, sent(project, agreement_floor=0.9, answered="settle"), follow=True)
    assert "the answers there are now settled by them" in done.content.decode()
    work()
    assert state(project) == "disputed"

    client.post(f"/p/{project.slug}/settings/undo/")
    work()
    project.refresh_from_db()
    assert (project.agreement_floor, state(project)) == (0.5, "labeled")


def test_the_answers_there_can_be_left_as_they_are(project: Project, client: Client) -> None:
    client.post(f"/p/{project.slug}/settings/", sent(project, agreement_floor=0.9, answered="leave"))
    project.refresh_from_db()
    assert project.agreement_floor == 0.9
    assert not JobRun.objects.exists()
    assert state(project) == "labeled"


def test_a_change_that_touches_no_task_is_not_asked_about(project: Project, client: Client) -> None:
    for change in ({"name": "Another name"}, {"agreement_floor": 0.6}):
        assert client.post(f"/p/{project.slug}/settings/", sent(project, **change)).status_code == 302


def test_a_question_that_is_newly_required_is_asked_about_first(project: Project, client: Client) -> None:
    address = f"/p/{project.slug}/settings/schema/"
    question = version_reads.schema(project.pk).dump()["questions"][0]
    labels = question["labels"]
    filled = {
        "version": 1,
        "do": "save",
        "kept": "intent",
        "s0-title": question["title"],
        "s0-required": "on",
        "s0-label": [label["name"] for label in labels],
        **{
            f"s0-label-{part}": [label[part] for label in labels]
            for part in ("title", "color", "key", "group", "description")
        },
        "questions": 1,
        "q0-kind": "rating",
        "q0-title": "Mood",
        "q0-field": "text",
    }
    asked = client.post(address, filled)
    assert "1 labeled task lacks an answer that you now require" in asked.content.decode()
    client.post(address, filled | {"answered": "ask"})
    work()
    assert state(project) == "todo"
    assert Label.objects.get(project=project, retired_at=None).value == "billing"


def test_the_same_is_asked_where_questions_are_written_as_json(project: Project, client: Client) -> None:
    address = f"/p/{project.slug}/settings/schema/json/"
    body = version_reads.schema(project.pk).dump()
    body["questions"].append({"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5})
    written = {"version": 1, "schema": json.dumps(body)}
    assert "1 labeled task lacks an answer that you now require" in client.post(address, written).content.decode()
    assert version_reads.current(project.pk).schema == 1
    client.post(address, written | {"answered": "leave"})
    assert version_reads.current(project.pk).schema == 2
    assert state(project) == "labeled"
    assert not JobRun.objects.exists()


@pytest.mark.parametrize(
    ("act", "words", "after"),
    [
        ("ask:same", "1 task back in the queue", "todo"),
        ("ask:another", "One more person is asked about 1 task", "todo"),
        ("settle", "Nothing had to change", "labeled"),
    ],
)
def test_the_explorer_asks_again_with_a_way_back(
    project: Project, client: Client, act: str, words: str, after: str
) -> None:
    task = Task.objects.get(project=project)
    page = client.post(f"/p/{project.slug}/tasks/bulk/", {"task": [task.pk], "act": act}, follow=True)
    assert words in page.content.decode()
    assert state(project) == after
    assert "Ask again" in client.get(f"/p/{project.slug}/tasks/").content.decode()


def test_the_overview_says_who_is_missing_and_opens_the_tasks(project: Project, client: Client) -> None:
    address = f"/p/{project.slug}/"
    assert "left to ask" not in client.get(address).content.decode()
    task = Task.objects.get(project=project)
    client.post(f"/p/{project.slug}/tasks/bulk/", {"task": [task.pk], "act": "ask:another"})
    cache.clear()  # a count that took long is kept for a while
    page = client.get(address).content.decode()
    assert "1 task waits for more people than are left to ask" in page
    assert "3 people label here; without those who have answered or skipped it already, one person is missing" in page
    assert f"/p/{project.slug}/tasks/?state=short" in page
    found = client.get(f"/p/{project.slug}/tasks/?state=short")
    assert found.context["page"].ids == [task.pk]
    assert "Nobody left to ask" in found.content.decode()
