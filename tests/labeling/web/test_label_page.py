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
from labeling.services.imports.history import PastRevision
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def config(client: Client, project: Project) -> dict[str, Any]:
    """Return what the page tells the editor."""
    page = client.get(reverse("project-label", args=(project.slug,))).content.decode()
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
