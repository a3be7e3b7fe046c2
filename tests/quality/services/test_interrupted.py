"""Runs that are killed, cancelled or overtaken: all of their results are shown, or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import Flag, JobRun, JobState, LabelSource, QueueEntry
from labeling.reasons.label_error import LABEL_ERROR
from labeling.selectors import versions as version_reads
from labeling.services import jobs, tasks
from quality.models import ClassPair, Gain, Prediction, Run, RunArray
from quality.selectors import standing as standing_reads
from quality.services import runs
from quality.services.pipeline import chain, publish
from quality.services.queueing import RANDOM
from tests import factories
from tests.quality.services import making
from tests.quality.services.making import label_errors, project_with_errors, result

pytestmark = pytest.mark.django_db


def test_nothing_is_shown_before_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    seen = []
    prove = chain.WORK["prove"]

    def look_around(context: Any) -> None:
        prove(context)
        seen.append(
            (
                Flag.objects.count(),
                Run.objects.filter(completed_at__isnull=False).count(),
                Gain.objects.count(),
                QueueEntry.objects.exclude(reason="").count(),
            )
        )

    monkeypatch.setitem(chain.WORK, "prove", look_around)
    making.run(project)
    assert seen == [(0, 0, 0, 0)]


def test_what_fails_at_the_end_leaves_nothing_half_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    monkeypatch.setattr(publish, "_clean", lambda context: 1 / 0)
    job = making.run(project)
    assert job.state == JobState.FAILED
    assert not Flag.objects.exists()
    assert not ClassPair.objects.exists()
    assert not Run.objects.filter(completed_at__isnull=False).exists()


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.mark.parametrize("step", ["encode", "predict", "issues", "queue", "prove"])
def test_a_run_whose_worker_died_goes_on_where_it_was(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    making.run(project)
    expected = [(flag.task_id, round(flag.score, 5)) for flag in label_errors(project)]
    Flag.objects.all().delete()

    job = runs.start(actor=None, project=project, question=making.QUESTION, force=True)
    done: list[str] = []
    works = dict(chain.WORK)

    def counted(name: str) -> Any:
        def work(context: Any) -> None:
            done.append(name)
            works[name](context)
            if name == step and done.count(name) == 1:
                raise KilledError

        return work

    for name in works:
        monkeypatch.setitem(chain.WORK, name, counted(name))
    with pytest.raises(KilledError):
        jobs.perform_job(job.pk)
    # A label given meanwhile is left to the next run.
    making.label([project.tasks.earliest("pk")], ["delivery"])
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    making.work(job)
    assert job.state == JobState.SUCCEEDED
    assert {name: done.count(name) for name in works} == {name: 2 if name == step else 1 for name in works}
    assert Run.objects.count() == 2
    first = project.tasks.earliest("pk").pk
    found = [(flag.task_id, round(flag.score, 5)) for flag in label_errors(project)]
    assert found == [(task, score) for task, score in expected if task != first]


def dies(*_: Any) -> None:
    raise KilledError


def lost(job: JobRun) -> None:
    """Let the clock find out that the job's worker is gone."""
    JobRun.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - jobs.LOST_AFTER - timedelta(seconds=1))
    jobs.recover_lost_jobs()
    job.refresh_from_db()


def test_the_clock_starts_a_run_again_whose_worker_died(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with monkeypatch.context() as patch:
        patch.setitem(chain.WORK, "issues", dies)
        with pytest.raises(KilledError):
            jobs.perform_job(job.pk)
        # Nobody else starts one meanwhile, and nothing of it is shown.
        with pytest.raises(Conflict):
            runs.start(actor=None, project=project, question=making.QUESTION)
        assert not Flag.objects.exists()
        lost(job)
    assert (job.state, job.message) == (JobState.QUEUED, "The worker died; starting again")
    making.work(job)
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2)
    assert Run.objects.count() == 1
    assert label_errors(project)


def test_a_run_that_kills_its_worker_again_and_again_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    making.run(project)
    before = list(Flag.objects.order_by("pk").values_list("pk", "state"))
    job = runs.start(actor=None, project=project, question=making.QUESTION, force=True)
    monkeypatch.setitem(chain.WORK, "predict", dies)
    for _ in range(jobs.MAX_ATTEMPTS):
        with pytest.raises(KilledError):
            jobs.perform_job(job.pk)
        lost(job)
    assert job.state == JobState.FAILED
    assert "The worker died 3 times while doing this" in job.error
    assert list(Flag.objects.order_by("pk").values_list("pk", "state")) == before
    monkeypatch.undo()
    assert making.run(project, force=True).state == JobState.SUCCEEDED


def test_a_worker_that_dies_while_showing_the_results_shows_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "_clean", dies)
        with pytest.raises(KilledError):
            jobs.perform_job(job.pk)
    assert not Flag.objects.exists()
    assert not Gain.objects.exists()
    lost(job)
    making.work(job)
    assert job.state == JobState.SUCCEEDED
    assert Gain.objects.count() == 1
    assert label_errors(project)


def test_labels_that_arrive_during_a_run_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    [waiting] = factories.tasks(project, data=[{"text": making.message("billing", 5000)}])
    predict = chain.WORK["predict"]

    def meanwhile(context: Any) -> None:
        making.label([waiting], ["other"])
        predict(context)

    with monkeypatch.context() as patch:
        patch.setitem(chain.WORK, "predict", meanwhile)
        making.run(project)
    run = making.shown(project)
    assert run.labels == 75
    assert Prediction.objects.get(task=waiting).quality is None
    assert not Flag.objects.filter(task=waiting, reason=LABEL_ERROR.name).exists()
    question = version_reads.schema(project.pk).question(making.QUESTION)
    assert question is not None
    assert standing_reads.standing_for(project, question, run).fresh == 1
    assert result(project)["unchanged"] is False
    assert making.shown(project).labels == 76


def test_a_worker_that_dies_while_ordering_the_queue_orders_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    reorder = publish.reorder

    def die(context: Any) -> None:
        raise KilledError

    monkeypatch.setattr(publish, "reorder", die)
    with pytest.raises(KilledError):
        jobs.perform_job(job.pk)
    monkeypatch.setattr(publish, "reorder", reorder)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    assert making.work(job).state == JobState.SUCCEEDED
    assert QueueEntry.objects.filter(reason=RANDOM).count() == 2
    assert not RunArray.objects.exists()


def test_one_run_at_a_time_per_question() -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    with pytest.raises(Conflict) as raised:
        runs.start(actor=None, project=project, question=making.QUESTION)
    assert raised.value.current == {"job": job.pk}
    making.work(job)
    runs.start(actor=None, project=project, question=making.QUESTION)


@pytest.mark.parametrize("step", ["encode", "predict", "prove"])
def test_a_cancelled_run_shows_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    job = runs.start(actor=None, project=project, question=making.QUESTION)
    work = chain.WORK[step]

    def cancelled(context: Any) -> None:
        work(context)
        jobs.cancel(actor=project.created_by, job=job)

    monkeypatch.setitem(chain.WORK, step, cancelled)
    making.work(job)
    assert job.state == JobState.CANCELLED
    assert not Flag.objects.exists()
    assert not Run.objects.filter(completed_at__isnull=False).exists()
    assert not QueueEntry.objects.exclude(reason="").exists()
    monkeypatch.setitem(chain.WORK, step, work)
    assert making.run(project).state == JobState.SUCCEEDED
    assert not RunArray.objects.exists()


def test_a_label_changed_during_the_run_is_not_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with_errors()
    first, second = project.tasks.order_by("pk")[:2]
    prove = chain.WORK["prove"]

    def meanwhile(context: Any) -> None:
        prove(context)
        making.label([first], ["billing"], source=LabelSource.REVIEW)
        tasks.quarantine(actor=project.created_by, project=project, task_ids=[second.pk])

    monkeypatch.setitem(chain.WORK, "prove", meanwhile)
    making.run(project)
    found = {flag.task_id for flag in label_errors(project)}
    assert found
    assert not found & {first.pk, second.pk}
    assert result(project)["unchanged"] is False
