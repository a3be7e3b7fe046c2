"""The status of the system: true figures, a word for everything that is away, and for site administrators only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as the_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES
from dcai_web.ops.status_page import status
from labeling.models import JobRun, JobState, Role, User
from labeling.services import claims
from tests import factories
from tests.dcai_web.ops.beating import beating

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def redis() -> Iterator[Any]:
    """Begin and end with an empty Redis."""
    client = heartbeat.client(the_settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()


@pytest.fixture
def well() -> None:
    """Let workers and clock say that they live."""
    beating("default", "imports", "media", name="worker@one")
    beating("quality", name="quality@one")
    heartbeat.tick(the_settings.REDIS_URL)


def gone(redis: Any, name: str, *, seconds: float) -> None:
    """Have a worker last heard of so long ago."""
    told = {"queues": ["default"], "pid": 7, "at": time.time() - seconds}
    redis.hset("dcai:workers", name, json.dumps(told))


@pytest.fixture
def admin(client_for: Callable[[User], Client]) -> Client:
    return client_for(factories.user(is_superuser=True))


@pytest.mark.parametrize("path", ["/site/", "/site/figures/"])
def test_only_site_administrators_find_it(
    path: str, client: Client, client_for: Callable[[User], Client], admin: Client
) -> None:
    project = factories.project()
    assert client.get(path).status_code == 302
    assert client.get(path)["Location"].startswith("/login/")
    staff = factories.user(is_staff=True)
    for person in (factories.user(), staff, project.created_by, factories.member(project, Role.REVIEWER)):
        assert client_for(person).get(path).status_code == 404
    assert admin.get(path).status_code == 200
    assert admin.post(path).status_code == 405


def test_the_way_to_it_is_shown_to_them_only(client_for: Callable[[User], Client], admin: Client) -> None:
    member = client_for(factories.user())
    assert 'href="/site/"' in admin.get("/").content.decode()
    assert 'href="/site/"' not in member.get("/").content.decode()
    assert 'href="/site/"' in admin.get("/palette/?q=status").content.decode()
    assert 'href="/site/"' not in member.get("/palette/?q=status").content.decode()


@pytest.mark.usefixtures("well")
def test_a_site_that_is_well(admin: Client) -> None:
    page = admin.get("/site/").content.decode()
    assert "Everything that should run does." in page
    for words in ("worker@one", "quality@one", *QUEUES, "clock", "Last backup", "dcai 0."):
        assert words in page
    assert 'hx-trigger="every 5s"' in page
    assert 'hx-trigger="every 5s"' not in admin.get("/site/?paused").content.decode()


@pytest.mark.usefixtures("well")
def test_the_figures_are_true(redis: Any, admin: Client) -> None:
    now = timezone.now()
    project = factories.project(name="Letters")
    factories.tasks(project, 3)
    claims.claim(actor=project.created_by, project=project, count=2)
    for minutes in (1, 10):
        job = JobRun.objects.create(kind="labeling.import", queue="imports", project=project)
        JobRun.objects.filter(pk=job.pk).update(created_at=now - timedelta(minutes=minutes))
    running = JobRun.objects.create(kind="quality.run", queue="quality", state=JobState.RUNNING, started_at=now)
    failed = JobRun.objects.create(
        kind="labeling.import", state=JobState.FAILED, finished_at=now, error="The file is empty."
    )
    JobRun.objects.create(kind="labeling.import", state=JobState.FAILED, finished_at=now - timedelta(hours=25))
    JobRun.objects.create(kind="labeling.import", state=JobState.SUCCEEDED, finished_at=now)
    redis.rpush("imports", "one", "two", "three")
    redis.hset("unacked", "tag", "message")

    found = status.read_status()

    by_name = {queue.name: queue for queue in found.queues}
    imports = by_name["imports"]
    assert (imports.sent, imports.waiting, imports.running, imports.workers) == (3, 2, 0, 1)
    assert imports.oldest is not None
    assert imports.oldest < now - timedelta(minutes=9)
    assert (by_name["quality"].running, by_name["quality"].oldest) == (1, None)
    assert found.leases == 2
    assert [job.pk for job in found.running] == [running.pk]
    assert [job.pk for job in found.failed] == [failed.pk]
    assert (found.failed_count, found.ended_count) == (1, 2)
    assert found.database.size > 1_000_000
    assert 0 < found.database.connections < found.database.most_connections
    assert found.redis is not None
    assert found.redis.memory > 100_000
    assert found.redis.unacknowledged == 1
    assert found.disk is not None
    assert 0 < found.disk.free <= found.disk.total
    assert [problem.title for problem in found.problems] == ["Jobs wait long"]
    page = admin.get("/site/").content.decode()
    assert f'href="/jobs/{failed.pk}/"' in page
    assert "The file is empty." in page


@pytest.mark.usefixtures("well")
def test_more_jobs_cost_no_more_queries(admin: Client, django_assert_num_queries: Any) -> None:
    def fail() -> None:
        project = factories.project()
        JobRun.objects.create(kind="x", project=project, state=JobState.FAILED, finished_at=timezone.now())

    fail()
    with CaptureQueriesContext(connection) as one:
        admin.get("/site/")
    fail()
    fail()
    with django_assert_num_queries(len(one)):
        admin.get("/site/")


def test_without_workers_it_says_what_to_start(redis: Any, admin: Client) -> None:
    gone(redis, "worker@killed", seconds=200)
    gone(redis, "worker@forgotten", seconds=2 * 24 * 3600)
    page = admin.get("/site/").content.decode()
    assert "Nobody takes jobs from default, imports, media, quality." in page
    assert "The clock is away" in page
    assert "Never seen" in page
    assert "worker@killed" in page
    assert "Gone, 3 min 20 s ago" in page
    assert "worker@forgotten" not in page


def test_without_redis_it_says_so(admin: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    response = admin.get("/site/")
    assert response.status_code == 200
    page = response.content.decode()
    assert "Redis is away" in page
    assert "Unknown" in page
    assert "Workers and clock are seen through Redis" in page


def test_workers_that_leave_in_order_are_not_missed_and_old_ones_are_forgotten(redis: Any) -> None:
    gone(redis, "worker@old", seconds=25 * 3600)
    leave = beating("default", name="worker@two")
    assert set(redis.hkeys("dcai:workers")) == {b"worker@two"}
    leave()
    assert heartbeat.workers(the_settings.REDIS_URL) == []


@pytest.mark.usefixtures("well")
def test_a_backup_that_is_due_is_missed(admin: Client, settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_DIR, settings.BACKUP_HOURS = str(tmp_path), 24
    assert "There is no backup yet" in admin.get("/site/").content.decode()
    now = timezone.now()
    (tmp_path / f"dcai-{now - timedelta(hours=26):%Y%m%dT%H%M%SZ}.tar.gz").touch()
    assert "The last backup is too old" in admin.get("/site/").content.decode()
    (tmp_path / f"dcai-{now - timedelta(hours=2):%Y%m%dT%H%M%SZ}.tar.gz").touch()
    page = admin.get("/site/").content.decode()
    assert "Everything that should run does." in page
    assert "2 h ago" in page


@pytest.mark.usefixtures("well")
def test_a_full_disk_is_told(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "_disk", lambda: status.Disk(free=5, total=100))
    assert "The disk is nearly full" in admin.get("/site/").content.decode()
