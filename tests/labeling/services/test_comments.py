"""Comments are resolved and reopened: by whom, who hears of it, and where it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from labeling.errors import Forbidden
from labeling.models import Event, Notice, NoticeKind, Project, Role, Task, User
from labeling.selectors import explorer as explorer_reads
from labeling.services import annotations as saving
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def task(project: Project) -> Task:
    return factories.task(project)


def found(project: Project, query: str) -> set[int]:
    wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=True)
    matches = explorer_reads.matches(project, wanted)
    return set(explorer_reads.first_ids(matches, sort=explorer_reads.DEFAULT_SORT, most=10))


def test_a_reviewer_resolves_a_comment_and_its_author_is_told_until_it_is_open_again(
    project: Project, task: Task
) -> None:
    ann = factories.member(project)
    said = saving.comment(actor=ann, task=task, body="Is this billing?")
    resolved = saving.resolve_comment(actor=project.created_by, comment=said)
    assert resolved.resolved_at is not None
    assert resolved.resolved_by == project.created_by
    again = saving.resolve_comment(actor=project.created_by, comment=said)
    assert again.resolved_at == resolved.resolved_at
    (notice,) = Notice.objects.filter(user=ann, kind=NoticeKind.RESOLVED)
    assert (notice.note, notice.actor, notice.task) == ("Is this billing?", project.created_by, task)
    assert Event.objects.filter(verb="comment.resolved", task=task).count() == 1

    reopened = saving.reopen_comment(actor=ann, comment=said)
    assert (reopened.resolved_at, reopened.resolved_by) == (None, None)
    assert not Notice.objects.filter(kind=NoticeKind.RESOLVED).exists()
    assert Event.objects.filter(verb="comment.reopened", actor=ann).count() == 1


def test_authors_resolve_their_own_comments_and_nobody_elses(project: Project, task: Task) -> None:
    ann, bob = factories.member(project), factories.member(project)
    said = saving.comment(actor=ann, task=task, body="Never mind.")
    with pytest.raises(Forbidden, match="by who wrote it, or by a reviewer"):
        saving.resolve_comment(actor=bob, comment=said)
    saving.resolve_comment(actor=ann, comment=said)
    assert not Notice.objects.exists(), "nobody is told what they did themselves"
    with pytest.raises(Forbidden):
        saving.reopen_comment(actor=bob, comment=said)


def test_the_explorer_finds_open_comments(project: Project, task: Task) -> None:
    other, _silent = factories.tasks(project, 2)
    saving.comment(actor=project.created_by, task=task, body="Open.")
    said = saving.comment(actor=project.created_by, task=other, body="Done.")
    saving.resolve_comment(actor=project.created_by, comment=said)
    assert found(project, "comments=open") == {task.pk}
    assert found(project, "comments=any") == {task.pk, other.pk}


def test_lists_have_open_comments_first(
    project: Project, task: Task, api_for: Callable[[User], APIClient], client_for: Callable[[User], Client]
) -> None:
    first, second, third = (saving.comment(actor=project.created_by, task=task, body=body) for body in "abc")
    api = api_for(project.created_by)
    resolved: Any = api.post(reverse("api-comment-resolution", args=(third.pk,))).json()
    assert resolved["resolved_by"] == str(project.created_by)
    address = f"{reverse('api-task-comments', args=(task.pk,))}?limit=2"
    page: Any = api.get(address).json()
    rest: Any = api.get(page["next"]).json()
    assert [row["id"] for row in page["results"] + rest["results"]] == [second.pk, first.pk, third.pk]

    client = client_for(project.created_by)
    here = reverse("project-task", args=(project.slug, task.pk))
    shown = client.get(here).content.decode()
    assert shown.index(">b</p>") < shown.index(">a</p>") < shown.index(">c</p>")
    assert "resolved by" in shown
    answer = client.post(reverse("comment-resolve", args=(third.pk,)), {"resolved": "0"}, follow=True)
    assert "resolved by" not in answer.content.decode()


def test_viewers_resolve_nothing(project: Project, task: Task, api_for: Callable[[User], APIClient]) -> None:
    said = saving.comment(actor=project.created_by, task=task, body="Hm.")
    viewer = api_for(factories.member(project, Role.VIEWER))
    assert viewer.post(reverse("api-comment-resolution", args=(said.pk,))).status_code == 403


def test_the_inbox_says_that_a_comment_is_resolved(
    project: Project, task: Task, client_for: Callable[[User], Client]
) -> None:
    ann, bob = factories.member(project), factories.member(project)
    said = [saving.comment(actor=person, task=task, body="Hm.") for person in (ann, bob)]
    client = client_for(ann)
    assert "resolved since" not in client.get(reverse("inbox")).content.decode()
    for comment in said:
        saving.resolve_comment(actor=project.created_by, comment=comment)
    shown = client.get(reverse("inbox")).content.decode()
    assert "resolved since" in shown
    assert "Comment resolved" in shown
