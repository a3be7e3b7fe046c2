"""Acts on many tasks as jobs: step by step, once each, stopped and taken back as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.errors import Conflict, Invalid
from labeling.models import BulkAct, JobRun, JobState, Label, Project, QueueEntry, Task, TaskState
from labeling.models.bulk_acts import BulkVerb, BulkWish
from labeling.selectors import jobs as job_reads
from labeling.services import bulk_acts, jobs
from tests import factories
from tests.invariants import invariant

pytestmark = pytest.mark.django_db

QUARANTINE = BulkWish(verb=BulkVerb.QUARANTINE)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_acts, "STEP", 2)


def quarantined(project: Project) -> int:
    return QueueEntry.objects.filter(project=project, state=TaskState.QUARANTINED).count()


def asked(project: Project, wish: BulkWish, tasks: list[Task]) -> JobRun:
    return bulk_acts.start(actor=project.created_by, project=project, wish=wish, task_ids=[task.pk for task in tasks])


def done(job: JobRun) -> JobRun:
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def test_many_tasks_are_labeled_in_steps_and_taken_back_together() -> None:
    project = factories.project()
    tasks = factories.tasks(project, 5)
    job = done(asked(project, BulkWish(verb=BulkVerb.LABEL, question="intent", value="billing"), tasks))

    assert (job.state, job.done, job.total, job.result) == (JobState.SUCCEEDED, 5, 5, {"changed": 5})
    assert [act.count for act in BulkAct.objects.order_by("pk")] == [2, 2, 1]
    assert Label.objects.filter(value="billing", retired_at=None).count() == 5

    undone = done(bulk_acts.start_taking_back(actor=project.created_by, job=job))

    assert undone.result == {"taken_back": 5}
    assert not Label.objects.filter(retired_at=None).exists()
    assert job_reads.standing_acts(job) == []
    with pytest.raises(Conflict, match="nothing left"):
        bulk_acts.start_taking_back(actor=project.created_by, job=job)
    invariant(project)


def test_a_job_whose_worker_died_goes_on_and_does_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    job = asked(project, QUARANTINE, factories.tasks(project, 5))
    carry_out = bulk_acts.carry_out
    steps = []

    def dies(**values: Any) -> BulkAct:
        steps.append(values["task_ids"])
        if len(steps) == 2:
            raise MemoryError
        return carry_out(**values)

    monkeypatch.setattr(bulk_acts, "carry_out", dies)
    assert done(job).state == JobState.FAILED
    assert quarantined(project) == 2
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED, done=0)

    assert done(job).result == {"changed": 5}
    assert quarantined(project) == 5
    assert [act.count for act in BulkAct.objects.order_by("pk")] == [2, 2, 1]


def test_what_a_canceled_job_did_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    project = factories.project()
    job = asked(project, QUARANTINE, factories.tasks(project, 5))
    carry_out = bulk_acts.carry_out

    def cancels(**values: Any) -> BulkAct:
        if quarantined(project):
            jobs.cancel(actor=project.created_by, job=job)
        return carry_out(**values)

    monkeypatch.setattr(bulk_acts, "carry_out", cancels)
    assert done(job).state == JobState.CANCELLED
    assert quarantined(project) == 2, "the step that was canceled is not kept"

    done(bulk_acts.start_taking_back(actor=project.created_by, job=job))
    assert quarantined(project) == 0


def test_one_such_job_at_a_time_and_tasks_that_went_are_passed_over() -> None:
    project = factories.project()
    first, second, third = factories.tasks(project, 3)
    job = asked(project, QUARANTINE, [first, second, third])
    with pytest.raises(Conflict, match="running already"):
        asked(project, QUARANTINE, [third])
    Task.objects.filter(pk__in=[first.pk, second.pk]).delete()

    assert done(job).result == {"changed": 1}
    with pytest.raises(Invalid, match="at least one"):
        asked(project, QUARANTINE, [])


def test_a_label_that_is_none_fails_in_words() -> None:
    project = factories.project()
    job = done(asked(project, BulkWish(verb=BulkVerb.LABEL, question="gone", value="x"), factories.tasks(project, 3)))
    assert job.state == JobState.FAILED
    assert "There is no question “gone”" in job.error
