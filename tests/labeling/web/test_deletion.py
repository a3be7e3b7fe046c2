"""The page that deletes a project, and its twin of the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from labeling.models import JobRun, Project, Role, User
from labeling.services import jobs
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_hand")]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no job run by itself."""
    monkeypatch.setattr(jobs, "_send", lambda job_id, queue: None)


def test_settings_lead_to_it_and_the_name_does_it(client_for: Callable[[User], Client]) -> None:
    project = factories.project(name="To <go>")
    manager = factories.member(project, Role.MANAGER)
    client = client_for(manager)
    address = f"/p/{project.slug}/delete/"
    assert address in client.get(f"/p/{project.slug}/settings/").content.decode()
    assert "To &lt;go&gt;" in client.get(address).content.decode()
    refused = client.post(address, {"name": "to go"})
    assert refused.status_code == 422
    assert "exactly: deleting it cannot be undone" in refused.content.decode()
    assert not JobRun.objects.exists()
    done = client.post(address, {"name": "To <go>"})
    job = JobRun.objects.get()
    assert done.headers["Location"] == f"/jobs/{job.pk}/"
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    # Another manager has nothing to do with it.
    other = client_for(factories.member(project, Role.MANAGER))
    assert other.get(f"/jobs/{job.pk}/").status_code == 404
    jobs.perform_job(job.pk)
    assert not Project.objects.exists()
    assert client.get(f"/jobs/{job.pk}/").status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER])
def test_only_managers_reach_it(client_for: Callable[[User], Client], role: Role) -> None:
    project = factories.project()
    client = client_for(factories.member(project, role))
    assert client.get(f"/p/{project.slug}/delete/").status_code == 403
    assert client.post(f"/p/{project.slug}/delete/", {"name": project.name}).status_code == 403
    outsider = client_for(factories.user())
    assert outsider.post(f"/p/{project.slug}/delete/", {"name": project.name}).status_code == 404
    assert not JobRun.objects.exists()


def test_the_api_asks_for_the_name_too(api_for: Callable[[User], APIClient]) -> None:
    project = factories.project(name="To go")
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/"
    for body in ({}, {"name": "x"}):
        refused = client.delete(address, body, format="json")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["path"] == "name"
    done = client.delete(address, {"name": "To go"}, format="json")
    assert done.status_code == 202
    assert done.json() == {"job": JobRun.objects.get().pk, "state": "queued"}
    assert client.get(f"/api/jobs/{done.json()['job']}/").status_code == 200
    assert client.delete(address, {"name": "To go"}, format="json").status_code == 409
    jobs.perform_job(done.json()["job"])
    assert client.get(address).status_code == 404
