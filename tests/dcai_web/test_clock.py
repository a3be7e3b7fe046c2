"""The clock starts each recurring job once per pause, however many workers it ticks in, and says that it lives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from pytest_django import Settings

from dcai_web import clock
from dcai_web.ops import heartbeat


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    redis = heartbeat.client(settings.REDIS_URL)
    redis.flushdb()
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, *, expires: sent.append((name, expires)))
    yield sent
    redis.flushdb()


def test_a_recurring_job_is_started_by_one_of_all_workers_once_per_pause(sent: list[tuple[str, Any]]) -> None:
    first, second = clock.start_due_jobs(current_app), clock.start_due_jobs(current_app)
    assert set(first) == {
        "tend-jobs",
        "tend-backups",
        "tend-quality",
        "delete-due-tasks",
        "tidy-uploads",
        "send-webhooks",
        "forget-deliveries",
    }
    assert second == []
    assert ("labeling.tend_jobs", 20) in sent

    heartbeat.client(settings.REDIS_URL).delete("dcai:clock:tend-jobs")  # as its expiry does
    assert clock.start_due_jobs(current_app) == ["tend-jobs"]


def test_whose_turn_it_is_is_forgotten_after_the_pause(sent: list[tuple[str, Any]]) -> None:
    clock.start_due_jobs(current_app)
    left = heartbeat.client(settings.REDIS_URL).ttl("dcai:clock:tend-quality")
    assert 0 < int(left) <= 60


def test_what_is_started_is_there() -> None:
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in current_app.conf.beat_schedule.values()} <= current_app.tasks.keys()


def test_every_tick_is_told(sent: list[tuple[str, Any]]) -> None:
    assert heartbeat.clock_age(settings.REDIS_URL) is None
    clock.start_due_jobs(current_app)
    age = heartbeat.clock_age(settings.REDIS_URL)
    assert age is not None
    assert 0 <= age < 5


def test_it_goes_on_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert clock.start_due_jobs(current_app) == []


def test_it_ticks_in_workers_of_general_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Worker:
        app = current_app

    assert clock.Clock in current_app.steps["worker"]
    step = clock.Clock.__new__(clock.Clock)
    for queues, ticks in (({"quality": None}, False), ({"default": None, "imports": None}, True)):
        monkeypatch.setattr(type(current_app.amqp.queues), "consume_from", queues)
        assert step.include_if(Worker()) is ticks
