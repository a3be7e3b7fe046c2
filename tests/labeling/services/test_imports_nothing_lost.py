"""Files of other tools and of our own: what they say arrives, or is told; nothing is lost in silence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile

from labeling.errors import Invalid
from labeling.models import ImportProblem, JobState, Label, Project, QueueEntry, Task, TaskState, Upload
from labeling.selectors import exports as export_reads
from labeling.services import imports
from tests import factories
from tests.importing import counts, imported, jsonl
from tests.pictures import zipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

TAGS = {
    "name": "tags",
    "kind": "multi_choice",
    "field": "text",
    "title": "Which?",
    "min": 0,
    "labels": [{"name": "a"}, {"name": "b"}],
}


def project_with(*names: str, question: str = "intent", field: str = "text") -> Project:
    asked = {
        "name": question,
        "kind": "choice",
        "field": field,
        "title": "Which?",
        "labels": [{"name": name} for name in names or ("delivery", "billing")],
    }
    fields = [{"name": field, "type": field, "title": "Item"}]
    return factories.project(schema={"fields": fields, "questions": [asked]})


def upload_of(project: Project, content: bytes, name: str) -> Upload:
    return imports.upload(actor=project.created_by, project=project, file=ContentFile(content, name=name))


def labels() -> dict[str, Any]:
    """Return the labels of record by text."""
    return {label.task.data["text"]: label.value for label in Label.objects.filter(retired_at=None)}


def prodigy(text: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "_input_hash": hash(text), "_task_hash": 7, "answer": answer, "_view_id": "x"} | more


def test_only_what_was_accepted_in_prodigy_is_a_label() -> None:
    project = project_with("INSULT", "OTHER", question="label")
    job = imported(
        project,
        jsonl(
            [
                prodigy("one", "accept", label="INSULT"),
                prodigy("two", "reject", label="INSULT"),
                prodigy("three", "ignore", label="INSULT"),
                prodigy("four", "accept", options=[{"id": "OTHER"}], accept=["OTHER"]),
                prodigy("five", "ignore", options=[{"id": "OTHER"}], accept=["OTHER"]),
            ]
        ),
    )
    assert counts(job) == (5, 0, 0), list(ImportProblem.objects.values_list("message", flat=True))
    assert labels() == {"one": "INSULT", "four": "OTHER"}
    assert [task.meta["prodigy_answer"] for task in Task.objects.order_by("id")] == [
        "accept", "reject", "ignore", "accept", "ignore",
    ]  # fmt: skip


def test_the_preview_says_which_tool_wrote_the_file() -> None:
    project = project_with("INSULT", "OTHER")
    upload = upload_of(project, jsonl([prodigy("one", "reject", label="INSULT")]), "annotated.jsonl")
    found = imports.preview(project=project, upload=upload)
    assert any("Prodigy" in note for note in found.source.notes)
    assert {column.name: column.target for column in found.columns}["label"] == "label:intent"


def test_the_file_name_of_an_image_is_no_text() -> None:
    project = factories.project()
    job = imported(project, zipped({"a.png": b"\x89PNG\r\n\x1a\n"}).getvalue(), "images.zip")
    assert job.state == JobState.FAILED
    assert "show no image" in job.error
    with pytest.raises(Invalid, match="show no image"):
        imports.preview(
            project=project, upload=upload_of(project, zipped({"a.png": b"\x89PNG"}).getvalue(), "images.zip")
        )
    assert not Task.objects.exists()


@pytest.mark.parametrize("label", [["delivery"], "delivery"])
def test_a_list_of_one_is_that_label(label: Any) -> None:
    project = factories.project()
    rows = [{"id": 1, "text": "Where is it?", "label": label}]
    mapping = {"text": "field:text", "label": "label:intent", "id": "external_id"}
    assert counts(imported(project, jsonl(rows), mapping=mapping)) == (1, 0, 0)
    assert labels() == {"Where is it?": "delivery"}


@pytest.mark.parametrize("format", ["jsonl", "parquet", "csv"])
def test_none_of_these_is_an_answer_that_survives(format: str) -> None:
    schema = {"fields": [{"name": "text", "type": "text", "title": "Text"}], "questions": [TAGS]}
    project, again = factories.project(schema=schema), factories.project(schema=schema)
    imported(project, jsonl([{"text": "one", "labels": {"tags": []}}, {"text": "two"}]))
    assert labels() == {"one": []}
    assert list(QueueEntry.objects.order_by("pk").values_list("state", flat=True)) == [
        TaskState.LABELED,
        TaskState.TODO,
    ]

    content = b"".join(export_reads.stream(project=project, format=format).content)
    imported(again, content, f"export.{format}")
    there = Label.objects.filter(project=again)
    assert [(label.task.data["text"], label.value) for label in there] == [("one", [])]


def csv_of(project: Any, **options: Any) -> list[str]:
    content = b"".join(export_reads.stream(project=project, format="csv", **options).content)
    return content.decode("utf-8-sig").splitlines()[1:]


def test_a_class_keeps_its_name_in_csv_and_a_text_keeps_its_sign_when_asked() -> None:
    project = project_with("-1", "0", "'-1")
    given = {"-5 stars": "-1", "'-5 stars": "'-1"}
    rows = [{"text": text, "labels": {"intent": name}} for text, name in given.items()]
    imported(project, jsonl(rows))
    safe, plain = csv_of(project), csv_of(project, escape=False)
    assert safe[0].split(",")[4:6] == ["'-5 stars", "-1"]
    assert plain[0].split(",")[4:6] == ["-5 stars", "-1"]

    for escape in (True, False):
        again = project_with("-1", "0", "'-1")
        content = b"".join(export_reads.stream(project=project, format="csv", escape=escape).content)
        imported(again, content, "export.csv")
        there = Label.objects.filter(project=again).order_by("pk")
        assert {label.task.data["text"]: label.value for label in there} == given


def test_an_image_of_which_only_the_path_came_says_so() -> None:
    project = project_with(field="image")
    rows = [{"image": {"bytes": None, "path": "cats/1.png"}}]
    job = imported(project, json.dumps(rows).encode(), "rows.json")
    assert "only its path (cats/1.png)" in job.error
