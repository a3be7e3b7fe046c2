from __future__ import annotations

import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES
from tests.dcai_web.ops.beating import beating


@pytest.fixture
def all_workers() -> Iterator[None]:
    beating(*QUEUES)
    yield
    heartbeat.client(settings.REDIS_URL).flushdb()


def test_healthz_needs_nothing_but_the_process(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "any.host.example"})
    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "ok"}
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.usefixtures("all_workers")
def test_readyz_is_well_with_database_redis_and_workers(client: Client) -> None:
    response = client.get("/readyz", headers={"host": "any.host.example"})
    checks = {"database": "ok", "disk": "ok", "redis": "ok", "worker": "ok"}
    assert response.json() == {"status": "ok", "checks": checks}
    assert response.status_code == HTTPStatus.OK


@pytest.mark.django_db
@pytest.mark.usefixtures("all_workers")
@pytest.mark.parametrize("full", ["data", "elsewhere"])
def test_readyz_says_that_a_disk_is_full(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    settings.DATA_DIR, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    settings.DATA_DIR.mkdir()
    elsewhere.mkdir()
    (settings.DATA_DIR / "postgres.location").write_text(f"{elsewhere}\n", encoding="utf-8")
    assert client.get("/readyz").status_code == HTTPStatus.OK
    free = {tmp_path / full: 3 * 1024**2}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free.get(folder, 10**12)))
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    what = {"data": "the data directory", "elsewhere": "the database"}[full]
    assert response.json()["checks"]["disk"] == f"only 3 MB are free where {what} is: make room"


@pytest.mark.django_db
@pytest.mark.usefixtures("all_workers")
def test_readyz_names_the_queues_that_no_worker_serves(client: Client) -> None:
    heartbeat.client(settings.REDIS_URL).delete("dcai:worker:queue:imports")
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["checks"]["worker"] == "none takes jobs from: imports"


@pytest.mark.django_db
def test_a_worker_that_no_longer_beats_is_forgotten(all_workers: None) -> None:
    seconds = heartbeat.client(settings.REDIS_URL).ttl("dcai:worker:queue:default")
    assert 0 < int(seconds) <= heartbeat.GONE_AFTER_SECONDS


@pytest.mark.django_db
def test_readyz_says_that_redis_is_gone(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    response = client.get("/readyz")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["checks"]["redis"] == "does not answer"
    assert response.json()["checks"]["database"] == "ok"


@pytest.mark.django_db
def test_probes_are_not_sent_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == HTTPStatus.OK
