"""The label page: what it tells the editor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling.models import Flag, Project, Role, SkipReason, User
from labeling.services import projects
from labeling.services.imports.history import PastRevision
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def config(client: Client, project: Project, query: str = "") -> dict[str, Any]:
    """Return what the page tells the editor."""
    page = client.get(f"{reverse('project-label', args=(project.slug,))}?{query}").content.decode()
    found = re.search(r'<script id="editor-config" type="application/json">(.*?)</script>', page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_a_reviewer_reads_the_words_that_the_annotator_chose(client_for: SignIn) -> None:
    project = factories.project()
    annotator, reviewer = factories.member(project), factories.member(project, Role.REVIEWER)
    client = client_for(annotator)
    tasks = factories.tasks(project, len(SkipReason))
    reasons = config(client, project)["skip_reasons"]
    for reason, task in zip(reasons, tasks, strict=True):
        sent = {"answers": {}, "state": "skipped", "skip_reason": reason["name"], "version": 0, "lead_time_ms": 1}
        address = f"/api/tasks/{task.pk}/annotations/"
        key = {"Idempotency-Key": f"skip-{task.pk}"}
        answer = client.post(address, sent, content_type="application/json", headers=key)
        assert answer.status_code == 201, answer.content
        flag = Flag.objects.get(task=task)
        page = client_for(reviewer).post(reverse("project-review-cards", args=(project.slug,)), {"again": flag.pk})
        assert reason["title"] in page.content.decode()


def test_an_import_knows_the_reasons_of_the_label_page(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    past = {"state": "skipped", "created_at": "2026-01-01T00:00:00Z"}
    for reason in config(client_for(factories.member(project)), project)["skip_reasons"]:
        assert PastRevision.model_validate({**past, "skip_reason": reason["name"]}).skip_reason == reason["name"]


TWO_QUESTIONS = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "delivery"]},
        {"name": "mood", "kind": "rating", "field": "text"},
    ],
}
SEVERAL_LABELS = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b"]}],
}


@pytest.mark.parametrize(
    ("project_says", "person_says", "on", "mine"),
    [("each", False, False, True), ("each", True, True, True), ("on", False, True, False), ("off", True, False, False)],
)
def test_a_key_goes_on_as_the_project_says_or_as_the_person_likes(
    client_for: SignIn, project_says: str, person_says: bool, on: bool, mine: bool
) -> None:
    project = factories.project()
    factories.task(project)
    projects.update(actor=project.created_by, project=project, goes_on=project_says)
    client = client_for(factories.member(project))
    kept = client.patch("/api/me/", {"goes_on": person_says}, content_type="application/json")
    assert kept.status_code == 200
    assert config(client, project)["goes_on"] == {"on": on, "mine": mine}


@pytest.mark.parametrize("schema", [TWO_QUESTIONS, SEVERAL_LABELS])
def test_a_key_that_is_not_the_whole_answer_does_not_go_on(client_for: SignIn, schema: dict[str, Any]) -> None:
    project = factories.project(schema=schema)
    factories.task(project)
    projects.update(actor=project.created_by, project=project, goes_on="on")
    assert config(client_for(factories.member(project)), project)["goes_on"] == {"on": False, "mine": False}


def test_whether_a_key_goes_on_is_set_on_the_settings_page_and_nothing_else_is(client_for: SignIn) -> None:
    project = factories.project()
    manager = client_for(project.created_by)
    form = {"name": project.name, "overlap": 1, "max_overlap": 1, "agreement_floor": 0.5, "lease_minutes": 15}
    page = reverse("project-settings", args=(project.slug,))
    assert manager.post(page, {**form, "goes_on": "on"}).status_code == 302
    project.refresh_from_db()
    assert project.goes_on == "on"
    assert manager.post(page, {**form, "goes_on": "maybe"}).status_code == 422
    sent = manager.patch(f"/api/projects/{project.slug}/", {"goes_on": "maybe"}, content_type="application/json")
    assert sent.status_code == 400


def test_the_address_says_what_the_queue_is_limited_to(client_for: SignIn) -> None:
    project = factories.project()
    (task,) = factories.tasks(project, 1)
    client = client_for(factories.member(project))

    assert config(client, project)["only"] is None
    assert config(client, project, f"task={task.pk}")["only"] is None
    only = config(client, project, "q=refund&state=open&sort=-id")["only"]
    assert only["query"] == "q=refund&state=open"
    assert only["words"] == "contains “refund”, not labeled yet"
    assert only["list"] == f"/p/{project.slug}/tasks/?q=refund&state=open"
    assert config(client, project, f"tasks={task.pk}")["only"]["words"] == "1 chosen task"


def test_a_link_to_what_others_said_is_refused_to_who_only_labels(client_for: SignIn) -> None:
    project = factories.project()
    factories.task(project)
    annotator, reviewer = factories.member(project), factories.member(project, Role.REVIEWER)
    address = f"{reverse('project-label', args=(project.slug,))}?flag=any"

    refused = client_for(annotator).get(address)

    assert refused.status_code == 403
    assert "it would tell you what others said" in refused.content.decode()
    assert config(client_for(reviewer), project, "flag=any")["only"]["words"] == "any open flag"
