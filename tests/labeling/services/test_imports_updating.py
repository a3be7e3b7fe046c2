"""Rows of tasks that are there already: told, flagged where one file contradicts itself, taken over when asked for."""

from __future__ import annotations

from typing import Any

import pytest

from labeling.models import Flag, FlagState, ImportChange, JobState, Label, LabelSource, QueueEntry, Task, TaskState
from labeling.services import annotations as saving
from labeling.services import imports, jobs, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.importing import counts, imported, jsonl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def row(number: int, label: str = "", **more: Any) -> dict[str, Any]:
    labels = {"labels": {"intent": label}} if label else {}
    return {"external_id": f"row {number}", "text": f"Text {number}"} | labels | more


def label_of(number: int) -> Label | None:
    return Label.objects.filter(task__external_id=f"row {number}", retired_at=None).first()


def value_of(number: int) -> Any:
    label = label_of(number)
    return label and label.value


def told(job: Any, *names: str) -> tuple[int, ...]:
    assert job.result is not None, job.error
    return tuple(job.result.get(name, 0) for name in names)


@pytest.mark.parametrize("ids", [{}, {"external_id": "one"}])
def test_two_labels_of_one_text_are_counted_and_flagged(ids: dict[str, str]) -> None:
    project = factories.project()
    rows = [{"text": "hi", "intent": name} | ids for name in ("billing", "delivery", "billing")]
    job = imported(project, jsonl(rows))
    assert counts(job) == (1, 0, 2)
    assert told(job, "conflicts", "unread") == (1, 0)
    flag = Flag.objects.get()
    assert (flag.reason, flag.question, flag.state) == ("conflict", "intent", FlagState.OPEN)
    assert (flag.evidence["given"], flag.evidence["suggested"]) == ("billing", "delivery")
    assert "Row 2 of the file" in flag.note
    assert Label.objects.get().value == "billing"


def test_a_conflict_is_found_across_batches_and_does_not_keep_an_import_from_being_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labeling.services.imports.running.BATCH_ROWS", 1)
    project = factories.project()
    job = imported(project, jsonl([{"text": "hi", "intent": "billing"}, {"text": "hi", "intent": "other"}]))
    assert told(job, "conflicts") == (1,)
    imports.remove(actor=project.created_by, job=job)
    assert not Task.objects.exists()
    assert not Flag.objects.exists()


def test_without_update_what_was_not_read_is_counted() -> None:
    project = factories.project()
    imported(project, jsonl([row(1, "billing"), row(2), row(3)]))
    job = imported(project, jsonl([row(1, "other"), row(2, split="test"), row(3, source="mail"), row(1, "billing")]))
    assert counts(job) == (0, 0, 4)
    assert told(job, "unread", "conflicts", "updated") == (3, 0, 0)
    assert value_of(1) == "billing"
    assert not Flag.objects.exists()


def test_update_takes_labels_split_and_metadata_over_and_is_taken_back() -> None:
    project = factories.project(overlap=2)
    imported(project, jsonl([row(1, "billing", meta={"a": 1, "b": 2}), row(2, split="train"), row(3, "other")]))
    before = {task.pk: (task.split, task.meta) for task in Task.objects.all()}
    changed = [row(1, "delivery", meta={"b": 3}), row(2, "other", split="test"), row(3, "other"), row(4)]
    job = imported(project, jsonl(changed), mode="update")

    assert job.state == JobState.SUCCEEDED, job.error
    assert counts(job) == (1, 0, 3)
    assert told(job, "updated", "relabeled", "moved", "redescribed", "unchanged", "kept") == (2, 2, 1, 1, 1, 0)
    assert [value_of(number) for number in (1, 2, 3, 4)] == ["delivery", "other", "other", None]
    first, second, _, _ = Task.objects.order_by("pk")
    assert (first.meta, second.split) == ({"a": 1, "b": 3}, "test")
    entry = QueueEntry.objects.get(task=second)
    assert (entry.required, entry.open_slots, entry.state) == (0, 0, TaskState.LABELED)
    retired = Label.objects.get(task=first, retired_at__isnull=False)
    assert (retired.value, retired.source) == ("billing", LabelSource.IMPORT)

    imports.remove(actor=project.created_by, job=job)
    assert [value_of(number) for number in (1, 2, 3, 4)] == ["billing", None, "other", None]
    assert {task.pk: (task.split, task.meta) for task in Task.objects.all()} == before
    entry.refresh_from_db()
    assert (entry.required, entry.open_slots, entry.state) == (2, 2, TaskState.TODO)
    assert not ImportChange.objects.exists()


def test_what_people_gave_or_decided_stays() -> None:
    project = factories.project()
    imported(project, jsonl([row(1), row(2)]))
    first, second = Task.objects.order_by("pk")
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[first.pk], question="intent", value="billing"
    )
    answer = Submission(answers={"intent": "delivery"})
    saving.submit(actor=project.created_by, task=second, submission=answer, key="key")
    job = imported(project, jsonl([row(1, "other", split="test"), row(2, "other")]), mode="update")
    assert told(job, "kept", "relabeled", "moved") == (2, 0, 1)
    assert [value_of(number) for number in (1, 2)] == ["billing", "delivery"]


def test_what_is_newer_than_an_update_is_not_put_back() -> None:
    project = factories.project()
    imported(project, jsonl([row(1, "billing", split="train")]))
    job = imported(project, jsonl([row(1, "delivery", split="test")]), mode="update")
    task = Task.objects.get()
    tasks.assign_label(actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="other")
    imports.remove(actor=project.created_by, job=job)
    task.refresh_from_db()
    assert (value_of(1), task.split) == ("other", "train")


def test_the_content_of_a_task_never_changes() -> None:
    project = factories.project()
    imported(project, jsonl([row(1)]))
    job = imported(project, jsonl([row(1, "other") | {"text": "Else"}]), mode="update")
    assert job.state == JobState.FAILED
    assert value_of(1) is None


def test_a_dry_run_counts_and_writes_nothing_and_its_import_does_the_same() -> None:
    project = factories.project()
    imported(project, jsonl([row(1, "billing"), row(2), row(3, "other")]))
    rows = jsonl([row(1, "other"), row(2, split="test"), row(3, "other"), row(4, "billing"), row(5, "nonsense")])
    names = ("accepted", "rejected", "updated", "relabeled", "moved", "unchanged", "labels")
    checked = imported(project, rows, mode="update", dry_run=True)
    assert told(checked, *names) == (1, 1, 2, 1, 1, 1, 1)
    assert (Task.objects.count(), value_of(1), ImportChange.objects.count()) == (3, "billing", 0)

    job = imports.start_checked(actor=project.created_by, job=checked)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert told(job, *names) == told(checked, *names)
    assert (Task.objects.count(), value_of(1)) == (4, "other")
