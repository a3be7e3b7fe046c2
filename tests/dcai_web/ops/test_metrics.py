"""`/metrics`: off by default, for the holder of the token only, and true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dcai_web.ops import heartbeat, metrics
from dcai_web.ops.metrics import sharing
from labeling.models import JobRun, JobState, User
from labeling.services import claims
from tests import factories
from tests.dcai_web.ops.beating import beating
from tests.engines import ROOT

pytestmark = pytest.mark.django_db
TOKEN = "a-long-random-token"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)+)\})? (-?[0-9.e+-]+)$')


@pytest.fixture
def switched_on(settings: Settings) -> Iterator[None]:
    """Set a token, on an empty Redis."""
    settings.METRICS_TOKEN = TOKEN
    redis = heartbeat.client(settings.REDIS_URL)
    redis.flushdb()
    yield
    redis.flushdb()


def scraped(client: Client) -> dict[str, float]:
    """Return every sample by its name and labels; every line must be of the format."""
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}", "host": "any.host.example"})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in response.content.decode().splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed
            typed.add(name)
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            assert re.sub(r"_(bucket|sum|count)$", "", match[1]) in typed | {match[1]}
            key = f"{match[1]}{{{match[2]}}}" if match[2] else match[1]
            assert key not in found
            found[key] = float(match[3])
    return found


def test_there_is_no_such_page_without_a_token(client: Client) -> None:
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("switched_on")
def test_only_the_holder_of_the_token_reads_it(client: Client) -> None:
    for header in ("", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", "Bearer ü"):
        response = client.get("/metrics", headers={"authorization": header})
        assert response.status_code == 401
        assert b"dcai_" not in response.content
    admin = Client()
    admin.force_login(factories.user(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    assert admin.get("/metrics").status_code == 401
    assert client.get(f"/metrics?token={TOKEN}").status_code == 401


@pytest.mark.usefixtures("switched_on")
def test_requests_are_counted_by_route(client: Client, client_for: Callable[[User], Client]) -> None:
    project = factories.project()
    member = client_for(project.created_by)
    before = scraped(client)
    for _ in range(3):
        assert member.get(f"/p/{project.slug}/").status_code == 200
    assert member.get("/p/not-there/").status_code == 404
    member.generic("INVENTED", f"/p/{project.slug}/")
    found = more(scraped(client), before)
    route = 'method="GET",route="/p/<slug:slug>/"'
    assert found[f'dcai_requests_total{{{route},status="200"}}'] == 3
    assert found[f'dcai_requests_total{{{route},status="404"}}'] == 1
    assert found['dcai_requests_total{method="other",route="/p/<slug:slug>/",status="405"}'] == 1
    assert found[f"dcai_request_seconds_count{{{route}}}"] == 4
    assert found[f"dcai_request_seconds_sum{{{route}}}"] > 0
    buckets = {
        key: value for key, value in found.items() if key.startswith("dcai_request_seconds_bucket{le=") and route in key
    }
    assert len(buckets) == 12
    assert list(buckets.values()) == sorted(buckets.values())
    assert max(buckets.values()) == 4
    assert project.slug not in str(found)


def more(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    """Return what was added to each figure."""
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


@pytest.mark.usefixtures("switched_on")
def test_a_duration_falls_into_its_bucket(client: Client) -> None:
    for seconds in (0.004, 0.005, 0.3, 99):
        metrics.count(method="GET", route="/x", status=200, seconds=seconds)
    found = scraped(client)
    by_bound = {bound: found[f'dcai_request_seconds_bucket{{le="{bound}",method="GET",route="/x"}}'] for bound in
                ("0.005", "0.25", "0.5", "10.0", "+Inf")}  # fmt: skip
    assert by_bound == {"0.005": 2, "0.25": 2, "0.5": 3, "10.0": 3, "+Inf": 4}
    assert found['dcai_request_seconds_sum{method="GET",route="/x"}'] == pytest.approx(99.309)


@pytest.mark.usefixtures("switched_on")
def test_a_request_waits_for_nobody_to_be_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(heartbeat, "client", asked.append)
        assert client.get("/healthz").status_code == 200
        assert client.get("/login/").status_code == 200
    assert asked == []


def test_the_processes_of_a_server_count_together_also_one_that_died(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dcai_web.settings",
        "DCAI_METRICS_TOKEN": TOKEN,
        "DCAI_DATA_DIR": str(tmp_path),
    }
    program = [sys.executable, "-m", "tests.dcai_web.ops.counting_server"]
    for _ in range(2):  # the second run of the server begins anew, and clears up after the first
        done = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == 0, done.stderr
        assert 'dcai_requests_total{method="GET",route="/shared",status="200"} 4.0' in done.stdout
        assert 'dcai_request_seconds_count{method="GET",route="/shared"} 4.0' in done.stdout
        assert len(list((tmp_path / "run" / "metrics").iterdir())) == 1


def test_what_other_machines_left_goes_after_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    old, young = tmp_path / "another.host.7.123", tmp_path / "container.1.456"
    for folder, days in ((old, 8), (young, 1)):
        folder.mkdir()
        (folder / "counter_9.db").touch()
        for path in (folder / "counter_9.db", folder):
            os.utime(path, (time.time() - days * 86400,) * 2)
    sharing.begin(tmp_path)
    assert not old.exists()
    assert young.exists()


@pytest.mark.usefixtures("switched_on")
def test_jobs_workers_and_leases(client: Client) -> None:
    now = timezone.now()
    project = factories.project()
    factories.tasks(project, 3)
    claims.claim(actor=project.created_by, project=project, count=2)
    for minutes in (1, 10):
        job = JobRun.objects.create(kind="labeling.import", queue="imports", project=project)
        JobRun.objects.filter(pk=job.pk).update(created_at=now - timedelta(minutes=minutes))
    JobRun.objects.create(
        kind="quality.run", queue="quality", state=JobState.RUNNING, heartbeat_at=now - timedelta(seconds=40)
    )
    beating("default", "imports")
    found = scraped(client)
    assert found['dcai_jobs{queue="imports",state="queued"}'] == 2
    assert found['dcai_jobs{queue="quality",state="running"}'] == 1
    assert found['dcai_job_oldest_waiting_seconds{queue="imports"}'] == pytest.approx(600, abs=30)
    assert found['dcai_job_oldest_waiting_seconds{queue="media"}'] == 0
    assert found['dcai_job_heartbeat_age_seconds{queue="quality"}'] == pytest.approx(40, abs=30)
    assert found['dcai_worker_up{queue="imports"}'] == 1
    assert found['dcai_worker_up{queue="quality"}'] == 0
    assert 0 <= found['dcai_worker_heartbeat_age_seconds{queue="default"}'] < heartbeat.GONE_AFTER_SECONDS
    assert found["dcai_leases"] == 2
    assert found["dcai_database_bytes"] > 1_000_000
    assert found["dcai_database_up"] == found["dcai_redis_up"] == 1


@pytest.mark.usefixtures("switched_on")
def test_without_redis_it_says_so_and_requests_are_counted_all_the_same(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    before = scraped(client)
    assert client.get("/login/").status_code == 200
    found = scraped(client)
    assert found["dcai_redis_up"] == 0
    assert found["dcai_database_up"] == 1
    assert more(found, before)['dcai_requests_total{method="GET",route="/login/",status="200"}'] == 1
