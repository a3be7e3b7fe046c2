"""Studies as files have them: LeWiDi, crowd tables with their own names of columns, and what we export ourselves."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from labeling.models import Annotation, AnnotationState, Label, Project, Task, User
from labeling.selectors import exports
from labeling.selectors.exports.streams import Shape
from labeling.services import imports
from tests import factories
from tests.importing import counts, imported, jsonl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

LEWIDI = {
    "17": {
        "text": "Where is my parcel?", "task": "intent", "number of annotations": 3, "annotations": "1,0,1",
        "annotators": "Ann1,Ann2,Ann3", "lang": "en", "hard_label": "1", "soft_label": {"0": 0.33, "1": 0.67},
        "split": "dev", "other_info": {},
    },
    "18": {
        "text": "Paid", "number of annotations": 2, "annotations": "0,0", "annotators": "Ann1,Ann4", "lang": "en",
        "hard_label": "0", "soft_label": {"0": 1.0, "1": 0.0}, "split": "test",
    },
    "19": {"text": "Hm", "annotations": "0,0", "annotators": "Ann1", "split": "test"},
}  # fmt: skip
BINARY = factories.TEXT_SCHEMA | {
    "questions": [{"name": "hate", "kind": "choice", "field": "text", "labels": ["0", "1"]}]
}
SCHEMA = factories.TEXT_SCHEMA | {
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "other", "-1"], "required": False},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b", "c"], "required": False},
        {"name": "stars", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ]
}


@pytest.mark.parametrize("indent", [None, 2])
def test_lewidi_is_read_as_it_is(indent: int | None) -> None:
    project = factories.project(schema=BINARY)
    job = imported(project, json.dumps(LEWIDI, indent=indent).encode(), "HS-Brexit_dev.json")
    assert counts(job) == (2, 1, 0)
    assert job.result is not None
    assert (job.result["answers"], job.result["people"], job.result["several"]) == (5, 4, 2)
    task = Task.objects.get(external_id="17")
    assert (task.data, task.split, task.meta["hard_label"]) == ({"text": "Where is my parcel?"}, "validation", "1")
    assert Label.objects.get(task=task).value == "1"


@pytest.mark.parametrize(
    ("content", "people", "target"),
    [
        ("task,worker,label\n1,w1,billing\n1,w2,other\n", 2, "external_id"),
        (
            "!amt_annotation_ids\t!amt_worker_ids\torig_id\tresponse\nX1\tA1\t7\tbilling\n",
            1,
            "external_id",
        ),
        ("id,user,text,answer\n1,u1,Where is it?,other\n1,u2,Where is it?,other\n", 2, "external_id"),
    ],
)
def test_the_columns_of_crowd_studies_are_guessed(content: str, people: int, target: str) -> None:
    project = factories.project()
    upload = imports.upload(actor=project.created_by, project=project, file=ContentFile(content.encode(), "crowd.csv"))
    found = imports.preview(project=project, upload=upload)
    mapping = found.further | {column.name: column.target for column in found.columns}
    assert {"annotator", "label:intent", target} <= set(mapping.values())
    job = imported(project, content.encode(), "crowd.csv", mapping=mapping)
    assert job.result is not None, job.error
    assert job.result["people"] == people
    assert not Task.objects.exclude(external_id="1").exclude(external_id="7").exists()


def test_a_user_beside_a_text_is_no_annotator() -> None:
    project = factories.project()
    content = b"id,user,text,intent\n1,u1,Where is it?,other\n2,u2,Paid twice,billing\n"
    upload = imports.upload(actor=project.created_by, project=project, file=ContentFile(content, "tweets.csv"))
    targets = {column.name: column.target for column in imports.preview(project=project, upload=upload).columns}
    assert targets == {"id": "external_id", "user": "meta", "text": "field:text", "intent": "label:intent"}


def said(project: Project) -> set[tuple[str | None, str, str]]:
    found = Annotation.objects.filter(project=project, state=AnnotationState.SUBMITTED).select_related(
        "annotator", "task"
    )
    return {
        (one.task.external_id, one.annotator.name or one.annotator.email, json.dumps(one.answers, sort_keys=True))
        for one in found
    }


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(str.strip)
PEOPLE = st.sampled_from(["w1", "w2", "Ünal", "3"])
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "intent": st.sampled_from(["billing", "other", "-1"]),
        "topics": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "stars": st.integers(1, 5),
        "note": WORDS | st.sampled_from(["=1+1", "'", "@x"]),
    },
).filter(bool)


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(PEOPLE, ANSWERS, max_size=3), min_size=2, max_size=4))
def test_a_row_per_answer_comes_back_as_the_same_answers(format: str, tasks: list[dict[str, dict[str, Any]]]) -> None:
    rows = [
        {
            "external_id": f"t{number}",
            "text": f"Text {number}",
            "annotations": [{"annotator": name, "answers": answers} for name, answers in people.items()],
        }
        for number, people in enumerate(tasks)
    ]
    project, other = factories.project(schema=SCHEMA), factories.project(schema=SCHEMA)
    imported(project, jsonl(rows))
    if not said(project):
        return
    written = b"".join(exports.stream(project=project, format=format, shape=Shape.ANNOTATIONS).content)
    imported(other, written, f"answers.{format}")
    assert said(other) == said(project)


def test_the_past_of_imported_people_goes_through_json_lines() -> None:
    project, other = factories.project(), factories.project()
    imported(project, b"item,worker,label\n1,w1,billing\n1,w2,billing\n", "c.csv",
             mapping={"item": "external_id", "worker": "annotator", "label": "label:intent"})  # fmt: skip
    written = b"".join(exports.stream(project=project, format="jsonl").content)
    assert b'"annotator" : "imported:w1"' in written or b'"annotator":"imported:w1"' in written
    imported(other, written)
    assert said(other) == said(project)
    assert User.objects.filter(is_imported=True).count() == 4
    again = b"".join(exports.stream(project=other, format="jsonl").content)
    assert again.count(b"imported:w2") == written.count(b"imported:w2")


def test_votes_and_their_shares_are_written_where_they_are_asked_for() -> None:
    project = factories.project(schema=SCHEMA)
    answers = [{"intent": "billing", "topics": ["a"]}, {"intent": "billing", "topics": ["a", "b"]}, {"intent": "-1"}]
    given_by = [{"annotator": f"w{number}", "answers": one} for number, one in enumerate(answers)]
    imported(project, jsonl([{"external_id": "1", "text": "Pay", "annotations": given_by}, {"text": "Nobody"}]))
    asked = ("external_id", "votes:intent", "soft:intent", "votes:topics", "annotators")
    content = b"".join(exports.stream(project=project, format="csv", columns=asked).content)
    first, nobody = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert json.loads(first["votes:intent"]) == {"billing": 2, "-1": 1}
    assert json.loads(first["soft:intent"]) == {"billing": 0.6667, "-1": 0.3333}
    assert json.loads(first["votes:topics"]) == {"a": 2, "b": 1}
    assert json.loads(first["annotators"]) == ["imported:w0", "imported:w1", "imported:w2"]
    assert (nobody["votes:intent"], nobody["annotators"]) == ("", "")
    written = b"".join(exports.stream(project=project, format="parquet", columns=asked).content)
    table = parquet.read_table(io.BytesIO(written))
    assert table["annotators"].to_pylist() == [["imported:w0", "imported:w1", "imported:w2"], None]
    assert json.loads(table["votes:intent"].to_pylist()[0]) == {"billing": 2, "-1": 1}
    assert b"votes:" not in b"".join(exports.stream(project=project, format="csv").content)
