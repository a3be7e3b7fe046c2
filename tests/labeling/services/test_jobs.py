"""Jobs: run once, show progress, can be cancelled, survive lost messages and dead workers."""

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import JobRun, JobState
from labeling.models.documents import JsonDocument
from labeling.services import jobs
from tests import factories

pytestmark = pytest.mark.django_db


class Params(JsonDocument):
    act: str = ""


class Cursor(JsonDocument):
    row: int = 0


class Result(JsonDocument):
    counted: int


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Register a job that records its calls and may be told what to do."""
    seen: list[Any] = []

    def work(run: jobs.RunningJob[Params, Cursor]) -> JsonDocument:
        seen.append(run.job.attempt)
        if (act := run.params.act) == "invalid":
            raise Invalid("Row 3 has no text.", problems=(Problem("text", "It is empty.", row=3),))
        if act == "crash":
            raise ZeroDivisionError
        if act == "cancel":
            JobRun.objects.filter(pk=run.job.pk).update(cancel_requested_at=timezone.now())
        run.progress(1, 2, "half way")
        run.checkpoint(Cursor(row=1))
        return JsonDocument() if act == "other result" else Result(counted=2)

    kind = jobs.Kind(work=f"{__name__}.work", params=Params, cursor=Cursor, result=Result)
    monkeypatch.setitem(jobs._kinds, "test.work", kind)
    monkeypatch.setattr(sys.modules[__name__], "work", work, raising=False)
    return seen


def start(act: str = "") -> JobRun:
    project = factories.project()
    return jobs.start(kind="test.work", project=project, actor=project.created_by, params=Params(act=act))


def test_a_started_job_runs_once_after_the_commit(calls: list[Any], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = start()
        assert calls == []
    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert calls == [1]
    assert (job.state, job.result, job.done, job.total) == (JobState.SUCCEEDED, {"counted": 2}, 2, 2)
    assert job.cursor == {"row": 1}
    assert job.finished_at is not None


def test_a_rule_that_was_not_met_is_shown_in_words(calls: list[Any]) -> None:
    job = start(act="invalid")

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error == "Row 3 has no text."
    assert job.result == {"errors": [{"path": "text", "row": 3, "message": "It is empty."}]}


def test_a_crash_names_the_job_and_nothing_internal(calls: list[Any]) -> None:
    job = start(act="crash")

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert f"quote job {job.pk}" in job.error
    assert "Zero" not in job.error


def test_a_cancelled_job_stops_at_its_next_step(calls: list[Any]) -> None:
    job = start(act="cancel")

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert job.result is None


def test_a_waiting_job_is_cancelled_at_once(calls: list[Any]) -> None:
    job = start()

    jobs.cancel(actor=factories.user(), job=job)
    jobs.perform_job(job.pk)

    assert job.state == JobState.CANCELLED
    assert calls == []


def test_one_job_of_a_key_is_alive(calls: list[Any]) -> None:
    project = factories.project()
    first = jobs.start(kind="test.work", project=project, actor=None, exclusive_key="import")

    with pytest.raises(Conflict) as caught:
        jobs.start(kind="test.work", project=project, actor=None, exclusive_key="import")
    assert caught.value.current == {"job": first.pk}

    jobs.cancel(actor=project.created_by, job=first)
    assert jobs.start(kind="test.work", project=project, actor=None, exclusive_key="import").pk != first.pk


def test_a_lost_message_is_sent_again(calls: list[Any]) -> None:
    job = start()
    JobRun.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=30))

    jobs.recover_lost_jobs()

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert calls == [1]


def test_a_job_whose_worker_died_starts_again_from_its_cursor(calls: list[Any]) -> None:
    job = start()
    long_ago = timezone.now() - timedelta(minutes=5)
    JobRun.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, attempt=1, heartbeat_at=long_ago, created_at=long_ago, cursor={"row": 7}
    )

    jobs.recover_lost_jobs()

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert calls == [2]


def test_a_job_that_kills_its_workers_fails_in_words(calls: list[Any]) -> None:
    job = start()
    JobRun.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, attempt=jobs.MAX_ATTEMPTS, heartbeat_at=timezone.now() - timedelta(minutes=5)
    )

    jobs.recover_lost_jobs()

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "died" in job.error


def test_a_worker_that_was_replaced_changes_nothing_more(calls: list[Any]) -> None:
    job = start()
    JobRun.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempt=1)
    job.refresh_from_db()
    old = jobs.RunningJob[Params, Cursor](job)
    JobRun.objects.filter(pk=job.pk).update(attempt=2)

    with pytest.raises(jobs.JobStoppedError):
        old.checkpoint(Cursor(row=99))

    job.refresh_from_db()
    assert job.cursor == {}


def test_a_job_takes_and_tells_what_its_kind_says_only(calls: list[Any]) -> None:
    with pytest.raises(TypeError, match="takes Params, not Result"):
        jobs.start(kind="test.work", project=None, actor=None, params=Result(counted=1))
    job = start(act="other result")

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.FAILED, None)
