"""Exports: what is on the screen, in every format; JSON Lines gives the same project again."""

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.formats import csv as csv_format
from labeling.models import AnnotationState, Label, Project, Task
from labeling.reasons.manual import MANUAL
from labeling.selectors.exports import reading
from labeling.services import annotations as saving
from labeling.services import flags, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.exporting import exported, lines, without_times
from tests.importing import counts, imported, jsonl
from tests.invariants import invariant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

SCHEMA = {
    "fields": [{"name": "text", "type": "text"}, {"name": "title", "type": "text", "required": False}],
    "questions": [
        {"name": "intent", "kind": "choice", "field": "text", "labels": ["billing", "=sum", "1"]},
        {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b, c", "d|e"], "required": False},
        {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5, "required": False},
        {"name": "note", "kind": "text", "field": "text", "required": False},
    ],
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=30)
WORDS = TEXT.filter(lambda text: bool(text.strip()))
ANSWERS = st.fixed_dictionaries(
    {"intent": st.sampled_from(["billing", "=sum", "1"])},
    optional={
        "topics": st.lists(st.sampled_from(["a", "b, c", "d|e"]), min_size=1, unique=True),
        "mood": st.integers(1, 5),
        "note": WORDS,
    },
)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31) | TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=4
)
ROW = st.fixed_dictionaries(
    {"text": WORDS},
    optional={
        "title": WORDS,
        "split": st.sampled_from(["train", "validation", "test"]),
        "meta": st.dictionaries(TEXT, JSON, min_size=1, max_size=2),
        "labels": ANSWERS,
    },
)
ACT = st.tuples(
    st.integers(0, 3), st.sampled_from(["submit", "draft", "skip", "comment", "flag", "quarantine", "bulk"]), ANSWERS
)


def act(
    project: Project, people: list[Any], number: int, step: tuple[int, str, dict[str, Any]], all_: list[Task]
) -> None:
    index, what, answers = step
    task = Task.objects.select_related("project").get(pk=all_[index % len(all_)].pk)
    person = people[number % len(people)]
    manager = project.created_by
    if what in {"submit", "draft", "skip"}:
        known = task.annotations.filter(annotator=person).first()
        state = {"submit": "submitted", "draft": "draft", "skip": "skipped"}[what]
        submission = Submission(
            answers={} if what == "skip" else answers,
            state=AnnotationState(state),
            version=known.version if known else 0,
            lead_time_ms=number,
            skip_reason="unclear" if what == "skip" else "",
        )
        saving.submit(actor=person, task=task, submission=submission, key=f"{project.pk}-{number}")
    elif what == "comment":
        saving.comment(actor=person, task=task, body=str(answers))
    elif what == "flag":
        flags.put_flag(task=task, reason=MANUAL, question="intent", actor=person, note=str(answers), score=0.5)
    elif what == "quarantine":
        tasks.quarantine(actor=manager, project=project, task_ids=[task.pk])
    else:
        tasks.assign_label(
            actor=manager, project=project, task_ids=[task.pk], question="intent", value=answers["intent"]
        )


# Projects are dear to make, rows and acts are not: few of the ones with more of the others.
@given(rows=st.lists(ROW, min_size=1, max_size=8), acts=st.lists(ACT, max_size=20), overlap=st.integers(1, 2))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_lines_give_the_same_project_again(
    rows: list[dict[str, Any]], acts: list[tuple[int, str, dict[str, Any]]], overlap: int
) -> None:
    project = factories.project(schema=SCHEMA, overlap=overlap)
    people = [factories.member(project) for _ in range(3)]
    imported(project, jsonl(row | {"external_id": f"row {number}"} for number, row in enumerate(rows)))
    made = list(Task.objects.filter(project=project).order_by("pk"))
    for number, step in enumerate(acts):
        act(project, people, number, step, made)
    before = exported(project, quarantined=True)

    twin = factories.project(schema=SCHEMA, overlap=overlap)
    job = imported(twin, before)

    assert counts(job) == (len(rows), 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    assert without_times(lines(twin, quarantined=True)) == without_times(
        [json.loads(line) for line in before.splitlines()]
    )
    invariant(twin)
    again = imported(twin, before)
    assert counts(again) == (0, 0, len(rows))


@given(rows=st.lists(ROW, min_size=1, max_size=15))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_flat_formats_give_data_labels_split_and_metadata_again(rows: list[dict[str, Any]], format: str) -> None:
    project = factories.project(schema=SCHEMA)
    imported(project, jsonl(row | {"external_id": f"row {number}"} for number, row in enumerate(rows)))
    content = exported(project, format)

    twin = factories.project(schema=SCHEMA)
    job = imported(twin, content, f"export.{format}")

    assert counts(job) == (len(rows), 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    for row in (first := lines(project)) + (second := lines(twin)):
        del row["dcai"]
    assert first == second


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_none_of_these_is_an_answer_and_no_label_is_none(format: str) -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "tags", "kind": "multi_choice", "field": "text", "labels": ["a", "b"], "min": 0}],
    }
    project = factories.project(schema=schema)
    rows: list[dict[str, Any]] = [
        {"text": "said none", "labels": {"tags": []}},
        {"text": "said nothing"},
        {"text": "c", "labels": {"tags": ["a"]}},
    ]
    imported(project, jsonl(rows))

    twin = factories.project(schema=schema)
    imported(twin, exported(project, format), f"export.{format}")

    labels = Label.objects.filter(project=twin, retired_at=None)
    assert dict(labels.values_list("task__data__text", "value")) == {"said none": [], "c": ["a"]}


CELL = st.text(
    st.sampled_from(["'", "=", "+", "-", "@", "\t", '"', ",", "\n", " ", ":", "\\", "a", "ü", "\u2028"]), max_size=6
)
SPOKEN = CELL.filter(lambda text: bool(text.strip()))


@given(rows=st.lists(st.tuples(SPOKEN, SPOKEN, st.none() | st.integers(1, 5)), min_size=1, max_size=25))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_that_the_database_writes_are_those_python_would_write(rows: list[tuple[str, str, int | None]]) -> None:
    project = factories.project(schema=SCHEMA)
    labels = [{"intent": "=sum", "note": note, "topics": ["b, c", "d|e"], "mood": mood} for _, note, mood in rows]
    imported(
        project,
        jsonl(
            {"text": text, "external_id": f"row {number}", "labels": given, "meta": {"a: b": [text]}}
            for number, ((text, _, _), given) in enumerate(zip(rows, labels, strict=True))
        ),
    )
    made = list(Task.objects.filter(project=project).order_by("pk"))
    columns = ["dcai_task", "external_id", "split", "dcai_state", "text", "title", *labels[0], "meta"]
    columns[6:10] = ["intent", "topics", "mood", "note"]
    notes = {label.task_id: label.value for task in made for label in task.labels.filter(question="note")}
    expected = csv_format.write(
        (
            {
                "dcai_task": task.pk,
                "external_id": task.external_id,
                "dcai_state": "labeled",
                "text": task.data["text"],
                "intent": "=sum",
                "topics": '["b, c","d|e"]',
                "mood": mood,
                "note": notes[task.pk],
                "meta": json.dumps(task.meta, ensure_ascii=False),
            }
            for task, (_, _, mood) in zip(made, rows, strict=True)
        ),
        columns,
    )
    # Names of labels are the schema's, and leave as they are. No other cell has these letters.
    assert exported(project, "csv") == b"".join(expected).replace(b"'=sum", b"=sum")


@pytest.mark.parametrize("close", [reading._CLOSE, 0], ids=["a stretch of ids", "single ids"])
def test_batches_put_together_are_the_project_and_nothing_of_another(
    close: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    monkeypatch.setattr(reading, "_CLOSE", close)
    project, other = factories.project(schema=SCHEMA), factories.project(schema=SCHEMA)
    names = [f"row {number}" for number in range(8)]
    for name in names:  # the ids of two projects take turns
        for into in (project, other):
            imported(into, jsonl([{"text": f"{into.pk} {name}", "external_id": name, "labels": {"intent": "1"}}]))
    tasks.set_split(
        actor=project.created_by,
        project=project,
        task_ids=[Task.objects.get(project=project, external_id=name).pk for name in names[::2]],
        split="test",
    )

    assert [(row["external_id"], row["text"]) for row in lines(project)] == [(n, f"{project.pk} {n}") for n in names]
    assert all(len(row["dcai"]["labels"]) == 1 for row in lines(project))
    assert [row["external_id"] for row in lines(project, split="test")] == names[::2]
    table = csv.DictReader(io.StringIO(exported(project, "csv").decode("utf-8-sig"), newline=""))
    assert [(row["external_id"], row["intent"]) for row in table] == [(name, "1") for name in names]
    frame = pq.read_table(io.BytesIO(exported(project, "parquet"))).to_pylist()
    assert [(row["external_id"], row["intent"]) for row in frame] == [(name, "1") for name in names]
