"""Imports, their jobs, and exports over HTTP."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.test import override_settings

from labeling.models import Event, ImportProblem, JobRun, JobState, Task
from labeling.services import tasks
from tests import factories
from tests.query_counts import assert_same_queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.test import APIClient

    from labeling.models import Project, User

    ApiFor = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [
    {"text": "I was charged twice.", "labels": {"intent": "billing"}, "external_id": "a", "split": "train"},
    {"text": "Where is my parcel?", "external_id": "b", "meta": {"shop": "north"}},
    {"text": "", "external_id": "c"},
]


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def import_rows(
    project: Project, api_for: ApiFor, django_capture_on_commit_callbacks: Any
) -> Callable[..., dict[str, Any]]:
    """Return a function that imports a file and gives the finished job."""

    def run(content: bytes, name: str = "rows.jsonl", **parts: str) -> dict[str, Any]:
        client = api_for(project.created_by)
        with django_capture_on_commit_callbacks(execute=True):
            started = client.post(
                f"/api/projects/{project.slug}/imports/", {"file": ContentFile(content, name), **parts}
            )
        assert started.status_code == 202, started.content
        job: dict[str, Any] = client.get(f"/api/jobs/{started.json()['job']}/").json()
        return job

    return run


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_an_import_is_a_job_with_a_report(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    job = import_rows(as_lines(ROWS))
    assert (job["state"], job["progress"], job["error"]) == ("succeeded", 1.0, None)
    assert {key: job["result"][key] for key in ("accepted", "rejected", "duplicates")} == {
        "accepted": 2,
        "rejected": 1,
        "duplicates": 0,
    }
    client = api_for(project.created_by)
    problems = client.get(f"/api/jobs/{job['id']}/problems/").json()["results"]
    assert [(problem["row"], problem["column"]) for problem in problems] == [(3, "text")]
    labels = client.get(f"/api/projects/{project.slug}/labels/").json()["results"]
    assert [(label["external_id"], label["value"], label["source"]) for label in labels] == [("a", "billing", "import")]
    again = import_rows(as_lines(ROWS))
    assert again["result"]["duplicates"] == 2
    assert Task.objects.filter(project=project).count() == 2


def test_options_come_as_parts_of_the_form(import_rows: Callable[..., dict[str, Any]]) -> None:
    job = import_rows(
        b"Message;Kind\nHello there.;other\n",
        "rows.csv",
        mapping=json.dumps({"Message": "field:text", "Kind": "label:intent"}),
        delimiter=";",
        mode="all_or_nothing",
    )
    assert job["state"] == "succeeded", job
    assert job["result"]["accepted"] == 1


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({}, "file"),
        ({"file": "not a file"}, "file"),
        ({"file": [ContentFile(b"a", "a.txt"), ContentFile(b"b", "b.txt")]}, "file"),
        ({"file": ContentFile(b"a", "a.txt"), "mode": "some"}, "mode"),
        ({"file": ContentFile(b"a", "a.txt"), "encoding": "klingon"}, "encoding"),
        ({"file": ContentFile(b"a", "a.txt"), "mapping": "{"}, "mapping"),
        ({"file": ContentFile(b"a", "a.txt"), "mapping": "[]"}, "mapping"),
        ({"file": ContentFile(b"a", "a.txt"), "colour": "red"}, "colour"),
    ],
)
def test_an_import_that_cannot_start_says_why(
    parts: dict[str, Any], path: str, project: Project, api_for: ApiFor
) -> None:
    refused = api_for(project.created_by).post(f"/api/projects/{project.slug}/imports/", parts, format="multipart")
    assert refused.status_code == 400, refused.content
    assert [entry["path"] for entry in refused.json()["errors"]] == [path]
    assert not JobRun.objects.exists()


@pytest.mark.parametrize(
    "content", [b"", b"no boundary", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\x00" * 50]
)
def test_a_form_that_is_none_is_a_400(content: bytes, project: Project, api_for: ApiFor) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        refused = api_for(project.created_by).generic(
            "POST",
            f"/api/projects/{project.slug}/imports/",
            content,  # type: ignore[arg-type]
            content_type=kind,
        )
        assert refused.status_code == 400, kind
        assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b.jsonl", "x" * 500 + ".jsonl", "ä ö.jsonl", "CON"])
def test_a_file_may_have_any_name(name: str, import_rows: Callable[..., dict[str, Any]]) -> None:
    assert import_rows(as_lines(ROWS[:2]), name)["state"] in {"succeeded", "failed"}


def test_a_file_beyond_the_limit_is_a_413_before_it_is_read(project: Project, api_for: ApiFor) -> None:
    with override_settings(UPLOAD_MAX_BYTES=10):
        refused = api_for(project.created_by).post(
            f"/api/projects/{project.slug}/imports/", {"file": ContentFile(b"x" * 2_000_000, "a.txt")}
        )
    assert refused.status_code == 413


def test_jobs_and_their_problems_are_listed_at_a_steady_cost(project: Project, api_for: ApiFor) -> None:
    client = api_for(project.created_by)

    def add(count: int) -> None:
        jobs = [JobRun.objects.create(kind="import", project=project) for _ in range(count)]
        ImportProblem.objects.bulk_create(
            ImportProblem(job=first, row=row, column="text", message="Empty.") for row in range(count)
        )
        assert jobs

    first = JobRun.objects.create(kind="import", project=project, state=JobState.SUCCEEDED)
    add(1)
    for address in (f"/api/projects/{project.slug}/jobs/", f"/api/jobs/{first.pk}/problems/"):
        assert_same_queries(lambda: client.get(address), add_rows=lambda: add(3))  # noqa: B023
    listed = client.get(f"/api/projects/{project.slug}/jobs/?limit=2").json()
    assert [job["id"] for job in listed["results"]] == sorted((job["id"] for job in listed["results"]), reverse=True)
    rows = [problem["row"] for problem in client.get(f"/api/jobs/{first.pk}/problems/?limit=1000").json()["results"]]
    assert rows == sorted(rows)


def test_a_waiting_job_is_cancelled_at_once(project: Project, api_for: ApiFor) -> None:
    job = JobRun.objects.create(kind="import", project=project)
    cancelled = api_for(project.created_by).delete(f"/api/jobs/{job.pk}/")
    assert cancelled.status_code == 200
    assert cancelled.json()["state"] == "cancelled"


def export(client: APIClient, project: Project, query: str = "") -> Any:
    return client.get(f"/api/projects/{project.slug}/export/{query}")


def test_an_export_is_streamed_in_every_format(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    import_rows(as_lines(ROWS[:2]))
    client = api_for(project.created_by)
    lines = export(client, project)
    assert lines.streaming
    assert f'filename="{project.slug}' in lines.headers["Content-Disposition"]
    rows = [json.loads(line) for line in b"".join(lines.streaming_content).splitlines()]
    assert [(row["text"], row["external_id"], row.get("labels", {})) for row in rows] == [
        ("I was charged twice.", "a", {"intent": "billing"}),
        ("Where is my parcel?", "b", {}),
    ]
    table = csv.DictReader(io.StringIO(export(client, project, "?format=csv").getvalue().decode("utf-8-sig")))
    assert [row["intent"] for row in table] == ["billing", ""]
    frame = pq.read_table(io.BytesIO(export(client, project, "?format=parquet").getvalue()))
    assert frame.num_rows == 2
    assert Event.objects.filter(project=project, verb="export.downloaded").count() == 3


def test_an_export_takes_what_was_asked_for(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    import_rows(as_lines(ROWS[:2]))
    client = api_for(project.created_by)
    assert len(export(client, project, "?split=train").getvalue().splitlines()) == 1
    assert len(export(client, project, "?split=none").getvalue().splitlines()) == 1
    assert len(export(client, project, "?filter=q%3Dparcel").getvalue().splitlines()) == 1
    assert len(export(client, project, "?updated_after=2099-01-01T00:00:00Z").getvalue().splitlines()) == 0
    assert export(client, project, "?shape=annotations&columns=task,answer&format=csv").getvalue().split() == [
        b"\xef\xbb\xbftask,answer"
    ]
    for query, path in (
        ("?filter=sorted%3Dup", "filter"),
        ("?filter=state%3Dup", "state"),
        ("?updated_after=yesterday", "updated_after"),
        ("?shape=people", "shape"),
    ):
        refused = export(client, project, query)
        assert (refused.status_code, [entry["path"] for entry in refused.json()["errors"]]) == (400, [path])
    for query, path in (("?format=xml", "format"), ("?split=x", "split"), ("?columns=a", "columns")):
        refused = export(client, project, query)
        assert refused.status_code == 400
        assert [entry["path"] for entry in refused.json()["errors"]] == [path]


def test_an_export_comes_compressed_where_that_is_asked_for(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    import_rows(as_lines(ROWS[:2]))
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/export/"
    plain = export(client, project).getvalue()
    on_its_way = client.get(address, HTTP_ACCEPT_ENCODING="br, gzip;q=0.8")
    assert on_its_way.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(on_its_way.getvalue()) == plain
    as_file = client.get(f"{address}?compression=gzip", HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in as_file.headers
    assert as_file.headers["Content-Type"] == "application/gzip"
    assert '.jsonl.gz"' in as_file.headers["Content-Disposition"]
    assert gzip.decompress(as_file.getvalue()) == plain
    assert "Content-Encoding" not in client.get(address, HTTP_ACCEPT_ENCODING="gzip;q=0").headers
    assert "Content-Encoding" not in client.get(f"{address}?format=parquet", HTTP_ACCEPT_ENCODING="gzip").headers
    refused = export(client, project, "?format=parquet&compression=gzip")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "compression")


def test_what_did_not_change_is_not_sent_again(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    import_rows(as_lines(ROWS[:2]))
    JobRun.objects.filter(project=project).exclude(state=JobState.SUCCEEDED).update(state=JobState.CANCELLED)
    client = api_for(project.created_by)
    address = f"/api/projects/{project.slug}/export/"

    def again(tag: str, query: str = "") -> int:
        return int(client.get(f"{address}{query}", HTTP_IF_NONE_MATCH=tag).status_code)

    first = client.get(address)
    tag = first.headers["ETag"]
    assert again(tag) == 304
    assert again(f'"other", {tag}') == 304
    assert again(tag, "?format=csv") == 200
    assert Event.objects.filter(project=project, verb="export.downloaded").count() == 2
    task = Task.objects.filter(project=project).earliest("pk")
    tasks.set_split(actor=project.created_by, project=project, task_ids=[task.pk], split="test")
    changed = client.get(address, HTTP_IF_NONE_MATCH=tag)
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
    JobRun.objects.create(kind="import", project=project)
    assert "ETag" not in client.get(address).headers
    assert again(changed.headers["ETag"]) == 200


def test_the_card_is_true_of_nothing_and_of_labels(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    client = api_for(project.created_by)

    def card() -> str:
        answer = client.get(f"/api/projects/{project.slug}/export/card/")
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        return str(answer.content.decode())

    empty = card()
    assert "There are no tasks yet." in empty
    assert "There are no labels yet." in empty
    assert "Nobody has answered a task here." in empty
    import_rows(as_lines(ROWS[:2]))
    full = card()
    assert "| Labeled | 1 |" in full
    assert "| To do | 1 |" in full
    assert "| Train | 1 |" in full
    assert "| intent | Import | 1 |" in full
    assert "billing" in full
    assert project.created_by.email not in full


def test_what_was_exported_as_lines_is_imported_to_the_same(
    project: Project, api_for: ApiFor, import_rows: Callable[..., dict[str, Any]]
) -> None:
    import_rows(as_lines(ROWS[:2]))
    content = export(api_for(project.created_by), project).getvalue()
    assert import_rows(content)["result"]["duplicates"] == 2
