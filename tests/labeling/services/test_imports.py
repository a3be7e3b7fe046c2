"""Imports: every good row once, every bad row with its reason, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from labeling.models import Event, ImportProblem, JobRun, JobState, Label, Project, QueueEntry, Task, TaskState, Upload
from labeling.services import imports, jobs
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def jsonl(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def imported(project: Project, content: bytes, name: str = "rows.jsonl", **options: Any) -> JobRun:
    job = imports.start(
        actor=project.created_by, project=project, file=ContentFile(content, name=name), options=options or None
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def counts(job: JobRun) -> tuple[int, int, int]:
    assert job.result is not None, job.error
    return job.result["accepted"], job.result["rejected"], job.result["duplicates"]


def problems(job: JobRun) -> list[tuple[int, str]]:
    return list(ImportProblem.objects.filter(job=job).order_by("row", "id").values_list("row", "column"))


def test_rows_become_tasks_with_labels_and_places_in_the_queue() -> None:
    project = factories.project(overlap=2)
    job = imported(
        project,
        jsonl(
            [
                {"text": "a\r\nb", "external_id": "1", "split": "dev", "meta": {"k": 1}, "channel": "mail"},
                {"text": "c", "labels": {"intent": "billing"}},
            ]
        ),
    )

    assert job.state == JobState.SUCCEEDED, job.error
    assert counts(job) == (2, 0, 0)
    first, second = Task.objects.order_by("id")
    assert (first.data, first.external_id, first.split) == ({"text": "a\nb"}, "1", "validation")
    assert first.meta == {"k": 1, "channel": "mail"}
    assert first.import_job == job
    assert (second.external_id, second.split, second.meta) == (None, "", {})
    waiting, done = QueueEntry.objects.order_by("task_id")
    assert (waiting.required, waiting.open_slots, waiting.state) == (2, 2, TaskState.TODO)
    assert (done.required, done.open_slots, done.state) == (0, 0, TaskState.LABELED)
    label = Label.objects.get()
    assert (label.task, label.question, label.value, label.classes) == (second, "intent", "billing", ["billing"])
    assert (label.source, label.created_by, label.schema_version) == ("import", project.created_by, 1)
    assert Event.objects.filter(verb="import.finished", payload__accepted=2).count() == 1
    assert not Upload.objects.get().file
