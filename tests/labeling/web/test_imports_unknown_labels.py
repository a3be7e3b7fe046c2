"""Labels of a file that the project does not have: told after a look at every row, added or taken for others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from rest_framework.test import APIClient

from labeling.errors import Invalid
from labeling.models import Event, JobRun, Label, Project, Task, Upload, User
from labeling.selectors import versions as version_reads
from labeling.services import imports, jobs
from tests import factories
from tests.importing import counts, imported, jsonl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
ClientFor = Callable[[User], Client]
ApiFor = Callable[[User], APIClient]

ROWS = jsonl(
    [{"text": f"Row {number}", "intent": name} for number, name in enumerate(["0", "0", "1", "billing", "odd"])]
)


def looked_through(project: Project, content: bytes = ROWS, **options: Any) -> JobRun:
    return imported(project, content, dry_run=True, **options)


def result_of(job: JobRun) -> dict[str, Any]:
    job.refresh_from_db()
    assert job.result is not None, job.error
    found: dict[str, Any] = job.result
    return found


def start(client: Client, job: JobRun, said: dict[str, str]) -> JobRun:
    answer = client.post(f"/p/{job.project.slug}/imports/{job.pk}/start/", said)  # type: ignore[union-attr]
    assert answer.status_code == 302
    started = JobRun.objects.latest("pk")
    if started != job:
        jobs.perform_job(started.pk)
    return started


def intents() -> dict[str, str]:
    return {label.task.data["text"]: label.value for label in Label.objects.select_related("task")}


def test_unknown_labels_are_counted_over_the_whole_file_added_and_taken_for_others(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    job = looked_through(project)
    assert result_of(job)["unknown"] == [
        {"question": "intent", "label": "0", "rows": 2},
        {"question": "intent", "label": "1", "rows": 1},
        {"question": "intent", "label": "odd", "rows": 1},
    ]
    page = client.get(f"/p/{project.slug}/imports/{job.pk}/").content.decode()
    assert "Labels that the project does not have" in page
    assert '<option value="billing">' in page
    before = version_reads.current(project.pk).schema

    again = start(client, job, {"as-0": "delivery", "add-1": "on", "dry_run": "1"})
    again.refresh_from_db()
    assert counts(again) == (4, 1, 0)
    assert [found["label"] for found in result_of(again)["unknown"]] == ["odd"]
    assert not Task.objects.exists()

    start(client, again, {})
    assert intents() == {"Row 0": "delivery", "Row 1": "delivery", "Row 2": "1", "Row 3": "billing"}
    question = version_reads.schema(project.pk).question("intent")
    assert question is not None
    assert question.class_names[-1] == "1"
    assert "odd" not in question.class_names
    assert version_reads.current(project.pk).schema == before + 1
    assert Event.objects.filter(verb="schema.revised", actor=project.created_by).count() == 1


def test_nothing_is_added_when_what_was_said_cannot_be(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    job = looked_through(project)
    before = version_reads.current(project.pk)
    for said in ({"add-0": "on", "as-0": "billing"}, {"add-1": "on", "as-0": "no such label"}):
        assert start(client, job, said) == job
    assert version_reads.current(project.pk) == before
    with pytest.raises(Invalid, match="no question"):
        imports.start_checked(actor=project.created_by, job=job, add={"mood": ["x"]})


@pytest.mark.parametrize(
    ("cell", "unknown", "taken"),
    [
        ("a|x", ["x"], ["a", "b"]),
        (["x", "b"], ["x"], ["b"]),
        ("x", ["x"], ["b"]),
        ("A;y", ["y"], ["a"]),
        ("x;y", ["x", "y"], ["b"]),
    ],
)
def test_labels_are_known_within_lists(cell: Any, unknown: list[str], taken: list[str]) -> None:
    question = {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b"]}
    project = factories.project(schema={"fields": [{"name": "text", "type": "text"}], "questions": [question]})
    rows = jsonl([{"text": "t", "topics": cell}])
    assert [found["label"] for found in result_of(looked_through(project, rows))["unknown"]] == unknown
    imported(project, rows, values={"topics": {"x": "b", "y": ""}})
    assert Label.objects.get().value == taken


def test_a_number_stands_for_a_label_by_the_api_too(api_for: ApiFor) -> None:
    project = factories.project()
    api = api_for(project.created_by)
    parts = {"values": json.dumps({"intent": {"0": "billing", "1": ""}})}
    rows = jsonl([{"text": "a", "intent": 0}, {"text": "b", "intent": 1}])
    address = f"/api/projects/{project.slug}/imports/"
    started = api.post(address, {"file": ContentFile(rows, "r.jsonl"), **parts}, format="multipart")
    jobs.perform_job(started.json()["job"])
    assert (intents(), Task.objects.count()) == ({"a": "billing"}, 2)

    for wrong in ({"intent": {"0": "nope"}}, {"mood": {"0": "billing"}}, {"intent": "x"}):
        sent = {"file": ContentFile(rows, "r.jsonl"), "values": json.dumps(wrong)}
        refused = api.post(address, sent, format="multipart")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["path"].startswith("values."), refused.json()
    assert Upload.objects.count() == 1


def test_a_column_of_free_text_lists_no_more_labels_than_a_person_can_read() -> None:
    project = factories.project()
    rows = jsonl([{"text": f"t{number}", "intent": f"word {number}"} for number in range(203)])
    found = result_of(looked_through(project, rows + jsonl([{"text": "long", "intent": "x" * 300}])))
    assert (len(found["unknown"]), found["more_unknown"], found["rejected"]) == (200, 3, 204)
