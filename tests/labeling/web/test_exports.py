"""The export page: formats in words, filters, and a download that is written down."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from labeling.models import Event, Role, User
from labeling.services import tasks
from tests import factories

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


def test_what_is_chosen_is_downloaded_and_recorded(client_for: ClientFor) -> None:
    project = factories.project(name="Letters")
    first, second, third = factories.tasks(project, 3)
    tasks.set_split(actor=project.created_by, project=project, task_ids=[first.pk, second.pk], split="test")
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[second.pk])
    client = client_for(factories.member(project, Role.REVIEWER))
    page = client.get(f"/p/{project.slug}/export/")
    assert page.status_code == 200
    assert "Not included" in page.content.decode()
    assert "ZIP with images" not in page.content.decode()

    def ids(query: str) -> list[str]:
        answer = client.get(f"/p/{project.slug}/export/file/?{query}")
        assert answer.status_code == 200
        assert "letters-" in answer.headers["Content-Disposition"]
        return [json.loads(line)["external_id"] for line in b"".join(answer).splitlines()]

    assert ids("format=jsonl") == [first.external_id, third.external_id]
    assert ids("format=jsonl&split=test") == [first.external_id]
    assert ids("format=jsonl&split=none") == [third.external_id]
    assert ids("format=jsonl&split=test&quarantined=1") == [first.external_id, second.external_id]
    assert ids("format=jsonl&state=quarantined") == [second.external_id]
    assert Event.objects.filter(verb="export.downloaded").count() == 5


def test_a_filter_of_the_explorer_comes_along_in_the_address(client_for: ClientFor) -> None:
    project = factories.project()
    first, second, _ = factories.tasks(project, 3)
    client = client_for(project.created_by)
    shown = client.get(f"/p/{project.slug}/export/?filter=tasks%3D{first.pk}%2C{second.pk}").content.decode()
    assert f'name="filter" value="tasks={first.pk},{second.pk}"' in shown
    assert f'href="/p/{project.slug}/tasks/?tasks={first.pk},{second.pk}"' in shown
    assert "Only those that fit" not in client.get(f"/p/{project.slug}/export/").content.decode()

    def file(query: str) -> list[bytes]:
        return b"".join(client.get(f"/p/{project.slug}/export/file/?{query}")).splitlines()

    assert len(file(f"filter=tasks%3D{first.pk}%2C{second.pk}")) == 2
    assert len(file("updated_after=2099-01-01T00:00")) == 0
    assert len(file("updated_after=")) == 3
    assert file("format=csv&columns=external_id")[0] == b"\xef\xbb\xbfdcai_task,external_id"
    assert file("format=csv&shape=annotations&columns=task")[0] == b"\xef\xbb\xbftask"


@pytest.mark.parametrize(
    "query",
    [
        "format=xml",
        "split=holdout",
        "state=nowhere",
        "filter=nowhere%3D1",
        "updated_after=2099-13-01T00:00",
        "columns=x",
    ],
)
def test_what_does_not_exist_is_refused(client_for: ClientFor, query: str) -> None:
    project = factories.project()
    assert client_for(project.created_by).get(f"/p/{project.slug}/export/file/?{query}").status_code == 400


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.ANNOTATOR, 403), (Role.REVIEWER, 200), (None, 404)]
)
def test_reviewers_and_managers_export(client_for: ClientFor, role: Role | None, status: int) -> None:
    project = factories.project()
    client = client_for(factories.member(project, role) if role else factories.user())
    assert client.get(f"/p/{project.slug}/export/").status_code == status
    assert client.get(f"/p/{project.slug}/export/file/").status_code == status
