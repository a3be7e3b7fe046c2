"""Adjudication over HTTP: list what waits, decide it once, take it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from labeling.models import Label, Role, TaskAgreement, User
from tests import factories
from tests.labeling.api.walking import disputed

pytestmark = pytest.mark.django_db


def test_what_waits_is_listed_decided_once_and_taken_back(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    task, other = disputed(project), disputed(project)
    for each, agreement in ((task, 0.0), (other, 0.5)):
        TaskAgreement.objects.create(
            task=each, project=project, question="intent", answers=2, agreement=agreement, differs=True
        )
    client = api_for(factories.member(project, Role.REVIEWER, email="rae@example.org"))
    listed = f"/api/projects/{project.slug}/adjudications/"
    first = client.get(listed, {"limit": 1}).json()
    assert [row["task"] for row in first["results"]] == [task.pk]
    assert [row["task"] for row in client.get(first["next"]).json()["results"]] == [other.pk]
    assert [row["task"] for row in client.get(listed, {"low": "0.4"}).json()["results"]] == [other.pk]

    address = f"/api/tasks/{task.pk}/adjudication/"
    sent = {"verdict": "label", "answer": "billing"}
    made = client.post(address, sent, format="json", headers={"Idempotency-Key": "one"})
    assert made.status_code == 201
    assert {"label": "billing", "sided": "somebody", "decided_by": "rae@example.org"}.items() <= made.json().items()
    again = client.post(address, sent, format="json", headers={"Idempotency-Key": "one"})
    assert (again.status_code, again.json()) == (200, made.json())
    assert client.post(address, sent, format="json").status_code == 409
    assert [row["task"] for row in client.get(listed, {"state": "decided"}).json()["results"]] == [task.pk]

    assert client.delete(address).status_code == 204
    assert not Label.objects.filter(task=task, retired_at=None, source="review").exists()
    assert client.delete(address).status_code == 409


def test_a_ruling_that_makes_no_sense_is_refused_in_words(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project()
    client = api_for(factories.member(project, Role.REVIEWER))
    address = f"/api/tasks/{disputed(project).pk}/adjudication/"
    without = client.post(address, {"verdict": "label"}, format="json")
    assert without.status_code == 400
    assert "goes with `label`" in without.content.decode()
    assert client.post(address, {"verdict": "label", "answer": "no such"}, format="json").status_code == 400
    assert client.post(address, {"verdict": "several", "question": "no"}, format="json").status_code == 404
    alone = factories.task(project)
    few = client.post(f"/api/tasks/{alone.pk}/adjudication/", {"verdict": "several"}, format="json")
    assert few.status_code == 409
