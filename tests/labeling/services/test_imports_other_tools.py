"""Exports of other tools, in the shape that each writes, become tasks with the labels that people gave there."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.models import Flag, ImportProblem, Label, Task
from labeling.services import imports
from tests import factories
from tests.importing import counts, imported, jsonl
from tests.labeling.services.test_imports_nothing_lost import labels, project_with, upload_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

QUESTIONS = [
    {"name": "sentiment", "kind": "choice", "field": "text", "labels": ["good", "bad"]},
    {"name": "stars", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
    {"name": "why", "kind": "text", "field": "text", "required": False},
]
ASKED = {"fields": [{"name": "text", "type": "text"}], "questions": QUESTIONS}


def result(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


def annotation(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "completed_by": 1, "was_cancelled": False, "result": list(results)} | more


def task(number: int, *annotations: dict[str, Any]) -> dict[str, Any]:
    data = {"text": f"Text {number}", "page": number}
    return {"id": number, "data": data, "annotations": list(annotations), "predictions": [], "meta": {}}


GOOD, BAD = result("sentiment", "choices", choices=["good"]), result("sentiment", "choices", choices=["bad"])


def test_choices_ratings_and_texts_of_label_studio_are_labels() -> None:
    project = factories.project(schema=ASKED)
    rows = [
        task(1, annotation(GOOD, result("stars", "rating", rating=4), result("why", "textarea", text=["Nice"]))),
        task(2, annotation(BAD, was_cancelled=True)),
        task(3, annotation(result("spot", "labels", start=0, end=4, labels=["good"]))),
        task(4, annotation(GOOD), annotation(BAD, id=2)),
        {"text": "Not wrapped", "sentiment": "bad"},
    ]
    job = imported(project, json.dumps(rows).encode(), "project-1.json")
    assert counts(job) == (5, 0, 1), list(ImportProblem.objects.values_list("message", flat=True))
    found = {(label.task.data["text"], label.question): label.value for label in Label.objects.all()}
    assert found == {
        ("Text 1", "sentiment"): "good",
        ("Text 1", "stars"): 4,
        ("Text 1", "why"): "Nice",
        ("Text 4", "sentiment"): "good",
        ("Not wrapped", "sentiment"): "bad",
    }
    assert Flag.objects.get(reason="conflict").task.data == {"text": "Text 4"}
    assert Task.objects.get(data__text="Text 2").meta == {"id": 2, "page": 2}


def test_what_people_submitted_in_argilla_is_a_label_and_what_a_model_suggested_is_none() -> None:
    project = factories.project(schema=ASKED)
    rows = [
        {"id": "a", "text": "One", "sentiment.responses": ["good"], "sentiment.responses.status": ["submitted"],
         "sentiment.suggestion": "bad"},
        {"id": "b", "text": "Two", "sentiment.responses": ["good"], "sentiment.responses.status": ["discarded"],
         "sentiment.suggestion": "bad"},
        {"id": "c", "text": "Three", "sentiment.responses": ["good", "bad"],
         "sentiment.responses.status": ["submitted", "submitted"], "sentiment.suggestion": None},
    ]  # fmt: skip
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), table)
    assert counts(imported(project, table.getvalue(), "data.parquet")) == (3, 0, 1)
    assert labels() == {"One": "good", "Three": "good"}
    assert Flag.objects.get().task.data == {"text": "Three"}


def test_records_of_argilla_are_read_by_their_fields_and_responses() -> None:
    project = factories.project(schema=ASKED)
    answered = {"sentiment": [{"value": "bad", "user_id": "u", "status": "submitted"}]}
    record = {"id": "r1", "fields": {"text": "One"}, "metadata": {"page": 3}, "suggestions": {}, "vectors": {}}
    imported(project, jsonl([record | {"responses": answered}, record | {"id": "r2", "responses": {}}]))
    assert labels() == {"One": "bad"}
    assert Task.objects.order_by("pk")[0].meta == {"id": "r1", "page": 3}


@pytest.mark.parametrize("listed", [False, True])
def test_classes_of_hugging_face_are_read_by_their_names(listed: bool) -> None:
    project = project_with("neg", "pos", question="label")
    feature: Any = {"names": ["neg", "pos"], "_type": "ClassLabel"}
    feature = {"feature": feature, "_type": "Sequence"} if listed else feature
    given: list[Any] = [[0], [1], [-1]] if listed else [0, 1, -1]
    info = {"info": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": feature}}}
    table = pa.table({"text": ["bad", "good", "untold"], "label": given})
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(info)}), file)
    job = imported(project, file.getvalue(), "train.parquet")
    assert counts(job) == (3, 0, 0), list(ImportProblem.objects.values_list("message", flat=True))
    assert labels() == {"bad": "neg", "good": "pos"}


def test_a_column_of_nothing_but_labels_is_offered_as_the_label() -> None:
    project = project_with("good", "bad")
    upload = upload_of(project, b"text,mood,source\na,good,mail\nb,,mail\nc,Bad,chat\n", "rows.csv")
    found = imports.preview(project=project, upload=upload)
    assert {column.name: column.target for column in found.columns} == {
        "text": "field:text",
        "mood": "label:intent",
        "source": "meta",
    }
