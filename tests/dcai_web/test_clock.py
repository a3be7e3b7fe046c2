"""The clock says that it lives, and its silence is noticed."""

from __future__ import annotations

from pathlib import Path

from celery import current_app
from django.conf import settings
from pytest_django import Settings

from dcai_web.clock import Clock
from dcai_web.ops import heartbeat


def test_every_tick_is_told(tmp_path: Path) -> None:
    redis = heartbeat.client(settings.REDIS_URL)
    redis.flushdb()
    assert heartbeat.clock_age(settings.REDIS_URL) is None
    clock = Clock(app=current_app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    clock.setup_schedule()
    clock.schedule.clear()
    assert clock.tick() > 0
    age = heartbeat.clock_age(settings.REDIS_URL)
    assert age is not None
    assert 0 <= age < 5
    clock.close()
    redis.flushdb()


def test_it_goes_on_without_redis(tmp_path: Path, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    clock = Clock(app=current_app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    clock.setup_schedule()
    clock.schedule.clear()
    assert clock.tick() > 0
    clock.close()


def test_it_is_the_one_that_runs() -> None:
    assert current_app.conf.beat_scheduler == "dcai_web.clock:Clock"
