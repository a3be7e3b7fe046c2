"""Redis gone: people sign in and label, jobs wait in the database, and the pages say so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache, caches
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis.exceptions import ConnectionError as NoRedis
from rest_framework.test import APIClient

from dcai_web import background
from dcai_web.cache import REST_SECONDS, FailOpenRedisCache
from dcai_web.ops import heartbeat
from dcai_web.ops.health import QUEUES
from labeling.models import Annotation, JobRun, JobState, User
from labeling.services import imports, jobs
from tests import factories
from tests.dcai_web.ops.beating import beating

NOWHERE = "unix:///nowhere/redis.sock"

SignIn = Callable[[User], Client]
ApiFor = Callable[[User], APIClient]


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    """Take Redis away: as cache, as broker, and as the place where workers say that they live."""
    settings.REDIS_URL = NOWHERE
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": NOWHERE}}
    background.forget()
    yield
    background.forget()


@pytest.fixture
def all_workers(settings: Settings) -> Iterator[None]:
    beating(*QUEUES)
    background.forget()
    yield
    heartbeat.client(settings.REDIS_URL).flushdb()
    background.forget()


@pytest.mark.usefixtures("no_redis")
def test_a_cache_without_redis_is_empty_and_does_not_fail() -> None:
    assert isinstance(caches["default"], FailOpenRedisCache)
    cache.set("answer", 42)
    assert cache.get("answer", "none") == "none"
    assert cache.add("answer", 42) is False
    assert cache.delete("answer") is False
    assert cache.incr("answer") == 1
    assert cache.get_or_set("answer", 43) == 43
    cache.clear()


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def hang(*_: object) -> None:
        asked.append(time.monotonic())
        raise NoRedis

    monkeypatch.setattr("dcai_web.cache._resting", {})
    one = FailOpenRedisCache(NOWHERE, {})
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get", hang)
    assert [one.get("a"), one.get("b", 2), FailOpenRedisCache(NOWHERE, {}).get("c", 3)] == [None, 2, 3]
    assert len(asked) == 1
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + REST_SECONDS)
    assert one.get("a", 1) == 1
    assert len(asked) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_people_sign_in_and_are_kept_out_after_too_many_failures() -> None:
    factories.user("ann@example.org", password=factories.PASSWORD)
    client = Client()
    wrong = {"username": "ann@example.org", "password": "wrong"}
    assert client.post("/login/", wrong).status_code == 200
    reply = client.post("/login/", wrong | {"password": factories.PASSWORD})
    assert (reply.status_code, reply["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    stranger = Client()
    statuses = [stranger.post("/login/", wrong).status_code for _ in range(10)]
    assert statuses[-1] == 429


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_people_label(client_for: SignIn, api_for: ApiFor) -> None:
    project = factories.project()
    (task,) = factories.tasks(project)
    person = factories.member(project)
    assert client_for(person).get(reverse("project-label", args=(project.slug,))).status_code == 200
    api = api_for(person)
    claimed = api.post(f"/api/projects/{project.slug}/claims/", {"count": 5}, format="json").json()
    assert [found["id"] for found in claimed["tasks"]] == [task.pk]
    answer = {"answers": {"intent": "billing"}}
    saved = api.post(f"/api/tasks/{task.pk}/annotations/", answer, format="json", headers={"Idempotency-Key": "one"})
    assert saved.status_code == 201
    assert Annotation.objects.get().answers == {"intent": "billing"}


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
@pytest.mark.parametrize("name", ["home", "jobs", "profile", "project-overview", "project-tasks", "project-people"])
def test_pages_are_shown(client_for: SignIn, name: str) -> None:
    project = factories.project()
    factories.tasks(project, 3)
    address = reverse(name, args=(project.slug,) if name.startswith("project") else ())
    assert client_for(project.created_by).get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_redis")
def test_a_job_waits_in_the_database_and_is_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise NoRedis

    project = factories.project()
    with monkeypatch.context() as gone:
        gone.setattr("celery.app.task.Task.apply_async", lost)
        file = ContentFile(b"text\none\ntwo\n", name="two.csv")
        job = imports.start(actor=project.created_by, project=project, file=file)
    job.refresh_from_db()
    assert (job.state, job.sent_at) == (JobState.QUEUED, None)
    assert not project.tasks.exists()

    JobRun.objects.update(created_at="2026-01-01T00:00:00Z")
    jobs.recover_lost_jobs()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert project.tasks.count() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_the_pages_say_that_jobs_wait(client_for: SignIn) -> None:
    client = client_for(factories.project().created_by)
    indicator = client.get(reverse("job-indicator")).content.decode()
    assert "Jobs wait" in indicator
    assert "Redis, which hands them to the workers, does not answer" in indicator
    assert "Background work waits" in client.get(reverse("jobs")).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("all_workers")
def test_the_pages_say_which_work_no_worker_does(
    client_for: SignIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background._known, "began", time.monotonic() - background.ON_THEIR_WAY_SECONDS)
    client = client_for(factories.project().created_by)
    assert "Jobs wait" not in client.get(reverse("job-indicator")).content.decode()
    assert "Background work waits" not in client.get(reverse("jobs")).content.decode()

    heartbeat.client(settings.REDIS_URL).delete("dcai:worker:queue:quality")
    assert background.trouble() == "", "it is not asked again at once"
    background.forget()
    assert "No worker runs for quality runs" in client.get(reverse("job-indicator")).content.decode()


@pytest.mark.usefixtures("all_workers")
def test_workers_that_come_up_after_the_pages_are_not_missed_yet(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat.client(settings.REDIS_URL).delete("dcai:worker:queue:quality")
    for seconds, said in ((1.0, False), (background.ON_THEIR_WAY_SECONDS, True)):
        monkeypatch.setattr(background._known, "began", time.monotonic() - seconds)
        background.forget()
        assert ("No worker runs" in background.trouble()) is said


def test_the_question_is_asked_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "It waits."

    background.forget()
    monkeypatch.setattr(background, "_ask", ask)
    assert [background.trouble() for _ in range(50)] == ["It waits."] * 50
    assert len(asked) == 1
    background.forget()
