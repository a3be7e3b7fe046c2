"""Imports: every good row once, every bad row with its reason, whatever happens in between."""

import datetime as dt
import decimal
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.base import ContentFile

from labeling.errors import Conflict, Invalid, TooLarge
from labeling.formats import parquet
from labeling.models import Event, ImportProblem, JobRun, JobState, Label, QueueEntry, Task, TaskState, Upload
from labeling.models.imports import ImportCounts
from labeling.services import annotations as saving
from labeling.services import imports, jobs
from labeling.services.imports import running
from labeling.services.imports.batches import Writer
from tests import factories
from tests.importing import counts, imported, jsonl, problems

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", "external_id,text,intent,channel\n1,Hällo,billing,mail\n2,x,,\n".encode()),
        ("rows.tsv", "external_id\ttext\tintent\tchannel\n1\tHällo\tbilling\tmail\n2\tx\t\t\n".encode("utf-16")),
        ("rows.csv", "external_id;text;intent;channel\n1;Hällo;billing;mail\n2;x;;\n".encode("cp1252")),
        (
            "rows.json",
            b'[{"external_id": 1, "text": "H\\u00e4llo", "labels": {"intent": "billing"}, "channel": "mail"},'
            b'{"external_id": 2, "text": "x"}]',
        ),
    ],
)
def test_every_format_gives_the_same_tasks(name: str, content: bytes) -> None:
    project = factories.project()
    job = imported(project, content, name)
    assert counts(job) == (2, 0, 0), list(ImportProblem.objects.values_list("row", "column", "message"))
    first, second = Task.objects.order_by("id")
    assert (first.external_id, first.data, first.meta) == ("1", {"text": "Hällo"}, {"channel": "mail"})
    assert (second.external_id, second.data, second.meta) == ("2", {"text": "x"}, {})
    assert Label.objects.get().value == "billing"


def test_parquet_with_nested_columns_and_text_lines() -> None:
    project = factories.project()
    schema = pa.schema(
        [
            ("text", pa.string()),
            ("labels", pa.struct([("intent", pa.string())])),
            ("when", pa.timestamp("us", tz="UTC")),
            ("price", pa.decimal128(6, 2)),
        ]
    )
    when = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    rows: list[dict[str, Any]] = [
        {"text": "a", "labels": {"intent": "billing"}, "when": when, "price": decimal.Decimal("1.50")},
        {"text": "b", "labels": {"intent": None}, "when": None, "price": None},
    ]
    job = imported(project, b"".join(parquet.write(rows, schema)), "rows.parquet")
    assert counts(job) == (2, 0, 0)
    assert Task.objects.order_by("id")[0].meta == {"when": "2026-01-02T00:00:00+00:00", "price": 1.5}
    assert Label.objects.count() == 1
    assert counts(imported(project, b"first line\n\nsecond line\n", "lines.txt")) == (2, 0, 0)


def test_every_wrong_row_is_reported_with_row_column_and_reason() -> None:
    project = factories.project()
    job = imported(
        project,
        jsonl([{"text": "good"}, {"text": ""}, {"text": 5}, {"text": "x", "labels": {"intent": "spam"}}])
        + b'{"text": "y", "split": "holdout"}\nno json\n{"text": "a\\u0000b"}\n{"text": "z", "labels": {"mood": 1}}\n',
    )
    assert job.state == JobState.SUCCEEDED
    assert counts(job) == (1, 7, 0)
    assert problems(job) == [(2, "text"), (3, "text"), (4, "intent"), (5, "split"), (6, ""), (7, "text"), (8, "mood")]
    messages = " ".join(ImportProblem.objects.order_by("row").values_list("message", flat=True))
    for words in ("required", "spam", "holdout", "not JSON", "NUL", "no question mood"):
        assert words in messages


def test_answers_are_read_from_the_text_of_a_cell() -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "topics", "kind": "multi_choice", "field": "text", "labels": ["a", "b, c", "d"]},
            {"name": "mood", "kind": "rating", "field": "text", "min": 1, "max": 5},
            {"name": "digit", "kind": "choice", "field": "text", "labels": ["1", "2"]},
        ],
    }
    project = factories.project(schema=schema)
    job = imported(project, b'text,topics,mood,digit\nx,a|d,4,1\ny,"[""b, c""]",5.0,2\nz,"b, c",1,1\n', "rows.csv")
    assert counts(job) == (3, 0, 0), list(ImportProblem.objects.values_list("row", "column", "message"))
    values = {
        task.data["text"]: {label.question: label.value for label in task.labels.all()} for task in Task.objects.all()
    }
    assert values == {
        "x": {"topics": ["a", "d"], "mood": 4, "digit": "1"},
        "y": {"topics": ["b, c"], "mood": 5, "digit": "2"},
        "z": {"topics": ["b, c"], "mood": 1, "digit": "1"},
    }


def test_labels_are_known_by_their_titles_and_in_other_upper_and_lower_case() -> None:
    names = [{"name": "pos", "title": "Good"}, {"name": "neg", "title": "Bad"}, {"name": "Us"}, {"name": "US"}]
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [
            {"name": "mood", "kind": "choice", "field": "text", "labels": names},
            {"name": "moods", "kind": "multi_choice", "field": "text", "labels": names},
        ],
    }
    project = factories.project(schema=schema)
    rows = b'text,mood,moods\na,POS,Good|neg\nb, bad ,"BAD, Good"\nc,US,US|Us\nd,us,pos\ne,goood,pos\n'
    job = imported(project, rows, "rows.csv")
    assert counts(job) == (3, 2, 0)
    assert list(ImportProblem.objects.values_list("row", "column").order_by("row")) == [(5, "mood"), (6, "mood")]
    values = {task.data["text"]: [label.value for label in task.labels.order_by("pk")] for task in Task.objects.all()}
    assert values == {"a": ["pos", ["pos", "neg"]], "b": ["neg", ["pos", "neg"]], "c": ["US", ["Us", "US"]]}


def test_the_same_file_again_adds_nothing() -> None:
    project = factories.project()
    content = jsonl([{"text": "a", "external_id": "1"}, {"text": "b"}, {"text": "b"}])
    assert counts(imported(project, content)) == (2, 0, 1)
    assert counts(imported(project, content)) == (0, 0, 3)
    assert Task.objects.count() == 2
    other = factories.project()
    assert counts(imported(other, content)) == (2, 0, 1)


def test_an_external_id_with_other_content_is_reported_not_overwritten() -> None:
    project = factories.project()
    imported(project, jsonl([{"text": "a", "external_id": "1"}]))
    job = imported(project, jsonl([{"text": "changed", "external_id": "1"}, {"text": "new", "external_id": "2"}]))
    assert counts(job) == (1, 1, 0)
    assert problems(job) == [(1, "external_id")]
    assert Task.objects.get(external_id="1").data == {"text": "a"}


def test_personal_data_is_hashed_or_left_out() -> None:
    project = factories.project()
    mapping = {"text": "field:text", "mail": "hash", "name": "drop", "customer": "external_id_hash"}
    content = jsonl([{"text": t, "mail": "zoe@example.org", "name": "Zoe", "customer": t} for t in ("a", "b")])
    job = imported(project, content, mapping=mapping)
    assert counts(job) == (2, 0, 0)
    first, second = Task.objects.order_by("id")
    assert first.meta == second.meta
    assert set(first.meta) == {"mail"}
    assert len(first.meta["mail"]) == 32
    assert first.external_id != second.external_id
    stored = "".join(str(task.data) + str(task.meta) + str(task.external_id) for task in (first, second))
    # No letter of it is a hexadecimal digit: what a hash happens to spell is not mistaken for the name.
    assert "zo" not in stored.lower()


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"mode": "some"}, "options.mode"),
        ({"mapping": {"a": "field:nope"}}, "options.mapping"),
        ({"encoding": "klingon"}, "options.encoding"),
        ({"encoding": "base64"}, "options.encoding"),
        ({"colour": "red"}, "options.colour"),
    ],
)
def test_wrong_options_are_refused_before_anything_starts(options: dict[str, Any], path: str) -> None:
    project = factories.project()
    with pytest.raises(Invalid) as refused:
        imports.start(actor=project.created_by, project=project, file=ContentFile(b"x", name="x.txt"), options=options)
    assert refused.value.problems[0].path == path
    assert not JobRun.objects.exists()


def test_all_or_nothing_leaves_nothing_and_reports_every_wrong_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    project = factories.project()
    rows = [{"text": f"row {number}"} for number in range(10)]
    rows[4] = {"text": ""}
    rows[8] = {"nothing": "here"}
    job = imported(project, jsonl(rows), mode="all_or_nothing")
    assert job.state == JobState.FAILED
    assert "Nothing was imported, because 2 of 10 rows" in job.error
    assert problems(job) == [(5, "text"), (9, "text")]
    assert counts(job) == (0, 2, 0)
    assert not Task.objects.exists()
    assert not QueueEntry.objects.exists()

    good = imported(project, jsonl(row for row in rows if row.get("text")), mode="all_or_nothing")
    assert good.state == JobState.SUCCEEDED
    assert counts(good) == (8, 0, 0)


def test_an_import_without_one_good_row_fails_and_says_why() -> None:
    project = factories.project()
    job = imported(project, b"subject,body_of_mail\n1,\n2,\n", "rows.csv", mapping={"subject": "meta"})
    assert job.state == JobState.FAILED
    assert counts(job) == (0, 2, 0)
    assert "required" in job.error


def test_keys_that_only_later_rows_have_are_known_by_their_names() -> None:
    project = factories.project()
    rows: list[dict[str, Any]] = [{"text": f"row {number}"} for number in range(30)]
    rows.append({"text": "late", "external_id": "x", "split": "test", "labels": {"intent": "other"}, "meta": {"k": 1}})
    for options in ({}, {"mapping": {"text": "field:text"}}):
        twin = factories.project()
        assert counts(imported(twin, jsonl(rows), "rows.jsonl", **options)) == (31, 0, 0)
        late = Task.objects.get(project=twin, external_id="x")
        assert (late.split, late.meta, late.labels.get().value) == ("test", {"k": 1}, "other")
    dropped = imported(project, jsonl(rows), mapping={"text": "field:text", "*": "drop"})
    assert counts(dropped) == (31, 0, 0)
    assert not Task.objects.filter(project=project).exclude(external_id=None).exists()


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_nothing_is_guessed_where_nobody_looks(name: str) -> None:
    project = factories.project()
    content = b"message,number\nhello,1\n" if name == "rows.csv" else jsonl([{"message": "hello", "number": 1}])
    job = imported(project, content, name)
    assert job.state == JobState.FAILED
    assert "text" in job.error
    assert not Task.objects.exists()


def test_wrong_columns_are_named() -> None:
    project = factories.project(schema=factories.IMAGE_SCHEMA)
    job = imported(project, b"subject,number\na,1\nb,2\n", "rows.csv")
    assert job.state == JobState.FAILED
    assert "image" in job.error
    assert "subject, number" in job.error


def test_a_cancelled_import_keeps_what_was_added_and_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)
    project = factories.project()
    job = imports.start(
        actor=project.created_by,
        project=project,
        file=ContentFile(jsonl({"text": f"row {number}"} for number in range(10)), name="rows.jsonl"),
    )
    told: list[str] = []
    tell = jobs.RunningJob.progress

    def progress(run: jobs.RunningJob[Any, Any], done: int, total: int, message: str = "") -> None:
        told.append(message)
        if len(told) == 2:
            jobs.cancel(actor=project.created_by, job=JobRun.objects.get(pk=job.pk))
        tell(run, done, total, message)

    monkeypatch.setattr(jobs.RunningJob, "progress", progress)
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert job.result is not None
    assert job.result["accepted"] == Task.objects.count() == 4
    assert imports.removable(job).possible


@pytest.mark.parametrize("mode", ["keep_good", "all_or_nothing"])
@pytest.mark.parametrize("dies_at", [0, 1, 3, 5])
def test_a_worker_that_dies_in_between_doubles_nothing_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, dies_at: int, mode: str
) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    project = factories.project()
    rows = [{"text": f"row {number}"} for number in range(10)]
    rows[3] = {"text": "row 0"}
    if mode == "keep_good":
        rows[5] = {"text": ""}
    job = imports.start(
        actor=project.created_by,
        project=project,
        file=ContentFile(jsonl(rows), name="rows.jsonl"),
        options={"mode": mode},
    )
    writes = itertools.count()
    write = Writer.write

    def dying(self: Writer, batch: Any, tally: ImportCounts) -> None:
        write(self, batch, tally)
        if next(writes) == dies_at:
            raise KeyboardInterrupt  # nothing of ours catches it, as nothing catches a kill

    monkeypatch.setattr(Writer, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.perform_job(job.pk)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.QUEUED)  # what `jobs.tend` does for a dead worker
    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    accepted, rejected, _ = counts(job)
    assert counts(job) == ((8, 1, 1) if mode == "keep_good" else (9, 0, 1))
    assert Task.objects.count() == accepted
    assert ImportProblem.objects.count() == rejected
    assert Event.objects.filter(verb="import.finished").count() == 1


def test_what_was_worked_on_is_not_taken_back() -> None:
    project = factories.project()
    job = imported(project, jsonl([{"text": "a"}, {"text": "b"}]))
    saving.comment(actor=project.created_by, task=Task.objects.earliest("id"), body="look")
    found = imports.removable(job)
    assert (found.tasks, found.touched, found.possible) == (2, 1, False)
    with pytest.raises(Conflict, match="1 of the 2 tasks"):
        imports.remove(actor=project.created_by, job=job)
    assert Task.objects.count() == 2


def test_an_upload_over_the_limit_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    project = factories.project()
    with pytest.raises(TooLarge):
        imports.upload(actor=project.created_by, project=project, file=ContentFile(b"x" * 11, name="x.txt"))


def test_a_file_name_is_only_a_name(own_storage: Path) -> None:
    project = factories.project()
    kept = imports.upload(
        actor=project.created_by, project=project, file=ContentFile(b"x", name="x"), filename="../../etc/pass\x00wd"
    )
    assert kept.filename == "passwd"
    assert own_storage in Path(kept.file.path).parents


@pytest.mark.parametrize(
    ("column", "values", "target"), [("stars", "51", "meta"), ("label", ("billing", "?"), "label:intent")]
)
def test_a_column_with_a_usual_name_is_a_label_only_if_its_values_are(column: str, values: Any, target: str) -> None:
    project = factories.project()
    content = f"text,{column}\nHello,{values[0]}\nBye,{values[1]}\n".encode()
    kept = imports.upload(actor=project.created_by, project=project, file=ContentFile(content, name="rows.csv"))

    shown = imports.preview(project=project, upload=kept)

    assert [(found.name, found.target) for found in shown.columns] == [("text", "field:text"), (column, target)]
