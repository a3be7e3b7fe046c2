"""Deleting tasks on the pages: the question says what goes, and what was deleted is taken back for a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import BulkAct, JobRun, Project, QueueEntry, Role, Task, TaskDeletion, TaskState, User
from labeling.services import annotations as saving
from labeling.services import bulk_acts, flags, jobs
from labeling.services.annotations import Submission
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def client(project: Project, client_for: Callable[[User], Client]) -> Client:
    return client_for(project.created_by)


def answered(project: Project) -> Task:
    """Make a task with an answer, a label, a flag and a comment."""
    task, person = factories.task(project), factories.member(project)
    said = Submission({"intent": "billing"}, comment="Hm.")
    saving.submit(actor=person, task=task, submission=said, key=f"answer {task.pk}")
    flags.raise_flag(actor=person, task=task, note="Look.")
    return task


def ask(client: Client, project: Project, **sent: Any) -> Any:
    return client.post(reverse("project-tasks-delete", args=(project.slug,)), sent)


def deleted(client: Client, project: Project) -> str:
    return client.get(reverse("project-tasks-deleted", args=(project.slug,))).content.decode()


def test_the_question_counts_what_goes_and_deletes_nothing(project: Project, client: Client) -> None:
    chosen, _other = [answered(project), factories.task(project)], answered(project)
    lost = ask(client, project, task=[task.pk for task in chosen], back="q=hello").context["lost"]
    assert (lost.tasks, lost.answers, lost.labels, lost.flags, lost.comments) == (2, 1, 1, 1, 1)
    assert not TaskDeletion.objects.exists()


def test_what_was_confirmed_is_deleted_and_taken_back_by_the_notice(project: Project, client: Client) -> None:
    chosen, other = answered(project), answered(project)
    question = ask(client, project, task=[chosen.pk], back="q=hello")
    answer = ask(client, project, confirmed=question.context["tasks"], back=question.context["query"])
    assert answer["Location"] == reverse("project-tasks", args=(project.slug,)) + "?q=hello"
    assert list(TaskDeletion.objects.values_list("task_id", flat=True)) == [chosen.pk]
    act = BulkAct.objects.get(verb="delete")
    undo = reverse("project-act-undo", args=(project.slug, act.pk))
    shown = client.get(answer["Location"]).content.decode()
    assert "1 task deleted" in shown
    assert undo in shown
    client.post(undo)
    assert not TaskDeletion.objects.exists()
    states = QueueEntry.objects.filter(task__in=[chosen, other]).values_list("state", flat=True)
    assert TaskState.QUARANTINED not in set(states)


def test_all_that_fit_are_asked_about_and_only_those_are_deleted(project: Project, client: Client) -> None:
    fit = factories.tasks(project, 2, split="test")
    factories.task(project)
    question = ask(client, project, scope="matching", back="split=test")
    assert question.context["lost"].tasks == 2
    factories.tasks(project, 1, split="test")  # came after the question
    ask(client, project, confirmed=question.context["tasks"], back="split=test")
    assert set(TaskDeletion.objects.values_list("task_id", flat=True)) == {task.pk for task in fit}


def test_deleted_tasks_are_listed_until_they_are_taken_back(project: Project, client: Client) -> None:
    assert "Nothing is deleted" in deleted(client, project)
    tasks = factories.tasks(project, 5)
    page = reverse("project-tasks-deleted", args=(project.slug,))
    assert page not in client.get(reverse("project-tasks", args=(project.slug,))).content.decode()
    ask(client, project, confirmed=",".join(str(task.pk) for task in tasks))
    assert page in client.get(reverse("project-tasks", args=(project.slug,))).content.decode()
    shown = deleted(client, project)
    named = ", ".join(str(task.external_id) for task in tasks[:3])
    assert "5 tasks" in shown
    assert f"{named} and 2 more" in shown
    act = BulkAct.objects.get(verb="delete")
    undo = f"{reverse('project-act-undo', args=(project.slug, act.pk))}?back={page}"
    assert undo in shown
    assert client.post(undo)["Location"] == page
    assert "Nothing is deleted" in deleted(client, project)


def test_what_is_deleted_already_does_not_count(project: Project, client: Client) -> None:
    task = answered(project)
    ask(client, project, confirmed=str(task.pk))
    assert ask(client, project, task=[task.pk]).context["lost"].tasks == 0


def test_many_are_deleted_by_a_job(project: Project, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_acts, "AT_ONCE", 2)
    tasks = factories.tasks(project, 3)
    ask(client, project, confirmed=",".join(str(task.pk) for task in tasks))
    job = JobRun.objects.get(project=project, kind=bulk_acts.BULK)
    jobs.perform_job(job.pk)
    assert TaskDeletion.objects.count() == 3
    assert "3 tasks" in deleted(client, project)


@pytest.mark.parametrize("sent", [{}, {"confirmed": ""}, {"confirmed": "x,1e5"}])
def test_nothing_chosen_is_told(project: Project, client: Client, sent: dict[str, str]) -> None:
    answer = ask(client, project, **sent)
    assert "Choose at least one task." in client.get(answer["Location"]).content.decode()


def test_reviewers_are_not_offered_to_delete(project: Project, client_for: Callable[[User], Client]) -> None:
    factories.task(project)
    reviewer = client_for(factories.member(project, Role.REVIEWER))
    shown = reviewer.get(reverse("project-tasks", args=(project.slug,))).content.decode()
    assert reverse("project-tasks-delete", args=(project.slug,)) not in shown
