"""Exports with a row per answer, and exports of some tasks only."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.http import QueryDict

from labeling.errors import Invalid
from labeling.models import Annotation, AnnotationState, Project, Role, Task
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.exports import Filters, Shape, reading, stream
from labeling.services import annotations as saving
from labeling.services import tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.exporting import exported, lines
from tests.importing import imported, jsonl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

SCHEMA = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "-1"]},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b"], "required": False},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ],
}


def answered(format: str, project: Project, **how: Any) -> Any:
    export = stream(project=project, format=format, shape=Shape.ANNOTATIONS, **how)
    assert "-annotations-" in export.filename
    content = b"".join(export.content)
    if format == "jsonl":
        return [json.loads(line) for line in content.splitlines()]
    if format == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return pq.read_table(io.BytesIO(content)).to_pylist()


def save(task: Task, person: Any, state: str = "submitted", **answers: Any) -> None:
    submission = Submission(
        answers=answers,
        state=AnnotationState(state),
        version=0,
        lead_time_ms=900,
        skip_reason="unclear" if state == "skipped" else "",
    )
    saving.submit(actor=person, task=task, submission=submission, key=f"{task.pk}-{person.pk}")


@pytest.fixture
def project() -> Project:
    """Return a project of three tasks: the first answered by one person and skipped by another."""
    project = factories.project(schema=SCHEMA, overlap=2)
    rows = [{"text": f"Message {n}", "external_id": f"m-{n}", "split": "train", "meta": {"n": n}} for n in range(3)]
    imported(project, jsonl(rows))
    first = Task.objects.select_related("project").get(project=project, external_id="m-0")
    ann, ben = (factories.member(project, Role.ANNOTATOR, email=f"{name}@example.org") for name in ("ann", "ben"))
    save(first, ann, intent="-1", topics=["b", "a"], note="=1")
    save(first, ben, "skipped")
    return project


def test_a_row_is_what_one_person_answered_to_one_question(project: Project) -> None:
    annotation = Annotation.objects.get(state="submitted")
    rows = answered("jsonl", project)
    assert [(row["annotator"], row["question"], row["answer"]) for row in rows] == [
        ("ann@example.org", "intent", "-1"),
        ("ann@example.org", "note", "=1"),
        ("ann@example.org", "topics", ["a", "b"]),
        ("ben@example.org", None, None),
    ]
    assert rows[0] == {
        "task": annotation.task_id,
        "external_id": "m-0",
        "split": "train",
        "annotation": annotation.pk,
        "annotator": "ann@example.org",
        "state": "submitted",
        "question": "intent",
        "answer": "-1",
        "version": 1,
        "counted": True,
        "lead_time_ms": 900,
        "skip_reason": None,
        "schema_version": 1,
        "guideline_version": annotation.guideline_version,
        "created_at": annotation.created_at.isoformat(),
        "submitted_at": annotation.updated_at.isoformat(),
        "updated_at": annotation.updated_at.isoformat(),
    }
    assert (rows[-1]["state"], rows[-1]["skip_reason"], rows[-1]["submitted_at"]) == ("skipped", "unclear", None)


def test_tables_of_answers_have_types_and_no_formulas(project: Project) -> None:
    table = answered("csv", project)
    assert [row["answer"] for row in table] == ["-1", "'=1", '["a","b"]', ""]
    assert [row["counted"] for row in table] == ["true", "true", "true", "false"]
    assert [row["answer"] for row in answered("csv", project, escape=False)][1] == "=1"
    frame = answered("parquet", project)
    assert [row["answer"] for row in frame] == ["-1", "=1", '["a","b"]', None]
    assert frame[0]["submitted_at"] == Annotation.objects.get(state="submitted").updated_at
    assert frame[0]["counted"] is True


def test_columns_are_those_asked_for_in_their_order(project: Project) -> None:
    assert list(answered("jsonl", project, columns=("answer", "task"))[0]) == ["answer", "task"]
    table = b"".join(stream(project=project, format="csv", columns=("intent", "text")).content).decode("utf-8-sig")
    assert table.splitlines()[:2] == ["dcai_task,intent,text", f"{Task.objects.earliest('pk').pk},,Message 0"]


@pytest.mark.parametrize(
    ("how", "path"),
    [
        ({"format": "csv", "columns": ("txt",)}, "columns"),
        ({"format": "jsonl", "columns": ("text",)}, "columns"),
        ({"format": "csv", "columns": ("text",), "shape": Shape.ANNOTATIONS}, "columns"),
        ({"format": "zip", "shape": Shape.ANNOTATIONS}, "format"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(how: dict[str, Any], path: str, project: Project) -> None:
    with pytest.raises(Invalid) as refused:
        stream(project=project, **how)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_a_line_names_its_task(project: Project) -> None:
    assert [row["dcai"]["task"] for row in lines(project)] == sorted(project.tasks.values_list("pk", flat=True))


@pytest.mark.parametrize("counted", [10_000, 0], ids=["few", "many"])
def test_a_filter_of_the_explorer_narrows_every_batch(
    counted: int, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr("labeling.selectors.explorer.pages.COUNTED", counted)

    def names(query: str, **filters: Any) -> list[str]:
        wanted = explorer_reads.parse_task_filter(QueryDict(query), reviewer=True)
        return [row["external_id"] for row in lines(project, wanted=wanted, **filters)]

    assert names("q=message") == ["m-0", "m-1", "m-2"]
    assert names("meta=n=2") == ["m-2"]
    assert names("state=todo") == ["m-1", "m-2"]
    assert names("state=todo", split="test") == []
    tasks.quarantine(
        actor=project.created_by, project=project, task_ids=[Task.objects.get(external_id="m-1").pk]
    )  # fmt: skip
    assert names("q=message") == ["m-0", "m-2"]
    assert names("state=quarantined") == ["m-1"]


def test_what_changed_since_is_told_by_each_change_and_by_no_other(project: Project) -> None:
    first, second, third = Task.objects.filter(project=project).order_by("pk")
    manager = project.created_by

    def changed(moment: datetime) -> list[int]:
        return [row["dcai"]["task"] for row in lines(project, updated_after=moment, quarantined=True)]

    def now() -> datetime:
        return datetime.now(UTC)

    assert changed(now() - timedelta(hours=1)) == [first.pk, second.pk, third.pk]
    start = now()
    assert changed(start) == []
    saving.comment(actor=manager, task=first, body="Look.")
    tasks.set_split(actor=manager, project=project, task_ids=[second.pk], split="train")
    assert changed(start) == []
    tasks.set_split(actor=manager, project=project, task_ids=[second.pk], split="test")
    assert changed(start) == [second.pk]
    start = now()
    tasks.quarantine(actor=manager, project=project, task_ids=[third.pk])
    assert changed(start) == [third.pk]
    start = now()
    tasks.assign_label(actor=manager, project=project, task_ids=[first.pk], question="intent", value="billing")
    assert changed(start) == [first.pk]
    start = now()
    save(Task.objects.select_related("project").get(pk=second.pk), manager, intent="billing")
    assert changed(start) == [second.pk]
    assert Filters(updated_after=start).narrow
    start = now()
    imported(project, jsonl([{"text": "New", "external_id": "m-9"}]))
    assert [row["external_id"] for row in lines(project, updated_after=start)] == ["m-9"]
    assert exported(project, "csv", updated_after=now()).count(b"\r\n") == 1
