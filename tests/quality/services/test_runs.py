"""What starts runs, and how that is set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from labeling.errors import Invalid
from labeling.models import Annotation, Event, JobRun, Project, QueueEntry, TaskState
from labeling.services import annotations as saving
from labeling.services import jobs, projects, tasks
from labeling.services.annotations import Submission
from quality.jobs import start_due_runs
from quality.models import QualitySettings, Run, Trigger
from quality.selectors import settings as settings_reads
from quality.selectors.runs import KIND
from quality.services import runs
from tests import factories
from tests.quality.services import making

pytestmark = pytest.mark.django_db


def triggers() -> list[str]:
    return [job.params["trigger"] for job in JobRun.objects.filter(kind=KIND).order_by("pk")]


def configured(project: Any, **changes: Any) -> Any:
    return runs.configure(actor=project.created_by, project=project, **changes)


def test_enough_new_labels_start_a_run() -> None:
    project = factories.project()
    configured(project, after_labels=12)
    tasks = making.messages(project, 11)
    start_due_runs()
    assert triggers() == []
    making.label(tasks[:1], ["billing"])
    start_due_runs()
    assert triggers() == [Trigger.LABELS]
    start_due_runs()
    assert triggers() == [Trigger.LABELS]
    making.work(JobRun.objects.get())
    start_due_runs()
    assert triggers() == [Trigger.LABELS]
    making.messages(project, 12, start=100)
    start_due_runs()
    assert triggers() == [Trigger.LABELS] * 2


def test_a_few_new_labels_wait_for_the_schedule() -> None:
    project = factories.project()
    tasks = making.messages(project, 9)
    making.run(project)
    Run.objects.update(created_at=timezone.now() - timedelta(hours=25))
    start_due_runs()
    assert len(triggers()) == 1
    making.label(tasks[:1], ["other"])
    start_due_runs()
    assert triggers()[1:] == [Trigger.SCHEDULE]


def answered(project: Project, ago: timedelta) -> None:
    """Have somebody answer a task, so long ago."""
    task = factories.task(project, text="one more")
    answer = Submission(answers={making.QUESTION: "other"})
    saving.submit(actor=factories.member(project), task=task, submission=answer, key=f"answer-{task.pk}")
    Annotation.objects.filter(project=project).update(updated_at=timezone.now() - ago)


def test_a_run_waits_until_labeling_pauses() -> None:
    project = factories.project()
    configured(project, after_labels=9)
    making.messages(project, 9)
    answered(project, timedelta(seconds=20))
    start_due_runs()
    assert triggers() == []
    answered(project, runs.PAUSE + timedelta(seconds=1))
    start_due_runs()
    assert triggers() == [Trigger.LABELS]


def test_a_project_that_never_pauses_gets_its_run_all_the_same() -> None:
    project = factories.project()
    configured(project, after_labels=9)
    making.messages(project, 9)
    due = timezone.now()
    with time_machine.travel(due + runs.LONGEST_WAIT - timedelta(minutes=1), tick=False):
        answered(project, timedelta(0))
        start_due_runs()
        assert triggers() == []
    with time_machine.travel(due + runs.LONGEST_WAIT, tick=False):
        answered(project, timedelta(0))
        start_due_runs()
        assert triggers() == [Trigger.LABELS]


def test_a_run_by_schedule_waits_for_a_pause_too() -> None:
    project = factories.project()
    making.messages(project, 9)
    making.run(project)
    Run.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answered(project, timedelta(0))
    start_due_runs()
    assert triggers() == [Trigger.HAND]
    answered(project, runs.PAUSE)
    start_due_runs()
    assert triggers()[1:] == [Trigger.SCHEDULE]


def test_by_hand_a_run_starts_while_people_label() -> None:
    project = factories.project()
    making.messages(project, 9)
    answered(project, timedelta(0))
    runs.start(actor=project.created_by, project=project, question=making.QUESTION)
    assert triggers() == [Trigger.HAND]


@pytest.mark.parametrize("changes", [{"automatic": False}, {"after_labels": 100, "every_hours": 0}])
def test_nothing_starts_by_itself_when_it_is_not_to(changes: dict[str, Any]) -> None:
    project = factories.project()
    configured(project, **changes)
    making.messages(project, 30)
    start_due_runs()
    assert triggers() == []


def test_what_failed_or_was_cancelled_does_not_start_by_itself_at_once() -> None:
    project = factories.project()
    configured(project, after_labels=1)
    making.messages(project, 9)
    start_due_runs()
    jobs.cancel(actor=project.created_by, job=JobRun.objects.get())
    start_due_runs()
    assert len(triggers()) == 1
    JobRun.objects.update(created_at=timezone.now() - timedelta(hours=7))
    start_due_runs()
    assert len(triggers()) == 2


def test_labels_that_take_no_part_start_one_run_and_not_one_a_minute() -> None:
    project = factories.project()
    configured(project, after_labels=5)
    labeled = making.messages(project, 9)
    tasks.quarantine(actor=project.created_by, project=project, task_ids=[task.pk for task in labeled[:5]])
    making.run(project)
    making.label(labeled[:5], ["other"] * 5)
    QueueEntry.objects.filter(task__in=labeled[:5]).update(state=TaskState.QUARANTINED)
    start_due_runs()
    job = making.work(JobRun.objects.latest("pk"))
    assert (job.params["trigger"], job.result) == (Trigger.LABELS, {"run": making.shown(project).pk, "unchanged": True})
    start_due_runs()
    assert len(triggers()) == 2


def test_archived_projects_rest() -> None:
    project = factories.project()
    configured(project, after_labels=1)
    making.messages(project, 30)
    projects.archive(actor=project.created_by, project=project, archived=True)
    start_due_runs()
    assert triggers() == []


def test_a_run_works_as_it_was_set_when_it_was_started() -> None:
    project = factories.project()
    making.messages(project, 30)
    configured(project, filter_by="prune_by_noise_rate", score="normalized_margin", strategy="entropy")
    making.run(project)
    parameters = making.shown(project).parameters
    assert parameters == {
        "encoder": "built-in",
        "filter_by": "prune_by_noise_rate",
        "score": "normalized_margin",
        "strategy": "entropy",
        "seed": 0,
        "random_share": 0.1,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter_by", "magic"),
        ("score", ""),
        ("strategy", "guess"),
        ("after_labels", 0),
        ("every_hours", -1),
        ("encoder", "onnx:/etc/passwd"),
        ("encoder", "other"),
    ],
)
def test_settings_are_checked(name: str, value: Any) -> None:
    project = factories.project()
    with pytest.raises(Invalid) as raised:
        configured(project, **{name: value})
    assert raised.value.problems[0].path == name
    assert not QualitySettings.objects.exists()


def test_settings_are_stored_when_they_change() -> None:
    project = factories.project()
    assert settings_reads.settings_for(project).after_labels == 100
    configured(project, after_labels=7)
    configured(project, after_labels=7)
    assert settings_reads.settings_for(project).after_labels == 7
    assert Event.objects.filter(verb="quality.configured").count() == 1
