"""The import pages: from a dropped file to a report, for managers only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labeling.models import Event, JobRun, Label, Role, Task, Upload, User
from labeling.selectors import imports as import_reads
from labeling.services import imports, jobs
from tests import factories
from tests.importing import imported
from tests.query_counts import assert_same_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
ClientFor = Callable[[User], Client]

CSV = (
    b"id,message,intent,customer\n1,Where is my parcel?,delivery,ada@example.org\n"
    b"2,Pay twice,nonsense,ada@example.org\n"
)


IDS = {"id": "external_id", "text": "field:text", "intent": "label:intent"}


def sent(client: Client, slug: str, content: bytes = CSV, name: str = "rows.csv") -> Any:
    return client.post(f"/p/{slug}/imports/", {"file": SimpleUploadedFile(name, content)})


def test_a_dropped_file_is_shown_mapped_imported_and_reported(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)

    answer = sent(client, project.slug)
    upload = Upload.objects.get()
    assert answer.headers["Location"] == f"/p/{project.slug}/imports/files/{upload.pk}/"
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    chosen = {column["name"]: column["target"] for column in page.context["columns"]}
    assert chosen == {"id": "external_id", "message": "field:text", "intent": "label:intent", "customer": "meta"}
    assert "Where is my parcel?" in page.content.decode()
    assert [column["personal"] for column in page.context["columns"]] == [False, False, False, True]
    assert not Task.objects.exists()

    started = client.post(
        answer.headers["Location"],
        {"column-0": "external_id", "column-1": "field:text", "column-2": "label:intent", "column-3": "hash"},
    )
    job = JobRun.objects.get()
    assert started.headers["Location"] == f"/p/{project.slug}/imports/{job.pk}/"
    assert client.get(started.headers["Location"]).status_code == 200
    jobs.perform_job(job.pk)

    report = client.get(started.headers["Location"]).content.decode()
    assert "nonsense" in report
    task = Task.objects.get()
    assert task.external_id == "1"
    assert len(task.meta["customer"]) == 32
    listed = b"".join(client.get(f"/p/{project.slug}/imports/{job.pk}/problems.csv"))
    assert listed.decode("utf-8-sig").splitlines()[1].startswith("3,intent,")
    index = client.get(f"/p/{project.slug}/imports/").content.decode()
    assert "rows.csv" in index


def test_a_file_that_is_none_says_so_on_the_same_page_and_is_not_kept(client_for: ClientFor, own_storage: Path) -> None:
    project = factories.project()
    answer = sent(client_for(project.created_by), project.slug, b"\x00\x01\x02" * 900, "rows.json")

    assert answer.status_code == 400
    assert "binary file" in answer.content.decode()
    assert not Upload.objects.exists()


def test_impossible_columns_are_refused_and_what_was_chosen_stays(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = sent(client, project.slug).headers["Location"]
    answer = client.post(address, {"column-0": "field:text", "column-1": "field:text"})
    assert answer.status_code == 400
    assert "both go to" in answer.content.decode()
    assert answer.context["columns"][0]["target"] == "field:text"
    assert not JobRun.objects.exists()


def test_a_file_can_be_thrown_away(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = sent(client, project.slug).headers["Location"]
    assert client.post(f"{address}discard/").status_code == 302
    assert not Upload.objects.exists()
    assert client.get(address).status_code == 404


def test_lists_cost_the_same_for_any_number_of_imports() -> None:
    project = factories.project()

    def imported(rows: int) -> JobRun:
        content = b"".join(json.dumps({"text": "", "number": number}).encode() + b"\n" for number in range(rows))
        job = imports.start(actor=project.created_by, project=project, file=ContentFile(content, name="rows.jsonl"))
        jobs.perform_job(job.pk)
        return job

    imported(1)
    # The page itself shows counts that are cached with an expiry, which makes its number of queries a matter of time.
    assert_same_queries(
        lambda: [(str(line.job.requested_by), line.filename) for line in import_reads.recent(project)],
        add_rows=lambda: [imported(1) for _ in range(3)],
    )


def test_a_file_over_the_limit_is_refused_by_its_length(client_for: ClientFor, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    project = factories.project()
    client = client_for(project.created_by)
    answer = sent(client, project.slug, b"text,b\n" + b"x,y\n" * 1000)
    assert answer.status_code == 413
    assert "larger than" in answer.content.decode()
    assert sent(client, project.slug, b"x" * 2_000_000).status_code in {400, 413}
    assert not Upload.objects.exists()


def test_after_a_failed_import_the_columns_can_be_chosen_again(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    address = sent(client, project.slug).headers["Location"]
    client.post(address, {"column-0": "external_id", "column-1": "meta", "column-2": "meta", "column-3": "drop"})
    job = JobRun.objects.get()
    jobs.perform_job(job.pk)
    report = client.get(f"/p/{project.slug}/imports/{job.pk}/").content.decode()
    assert address in report
    assert client.get(address).status_code == 200


def test_an_import_can_be_taken_back(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    content = json.dumps({"text": "a", "labels": {"intent": "billing"}}).encode()
    job = imports.start(actor=project.created_by, project=project, file=ContentFile(content, name="rows.jsonl"))
    jobs.perform_job(job.pk)
    assert "Remove the tasks this import added" in client.get(f"/p/{project.slug}/imports/{job.pk}/").content.decode()

    assert client.post(f"/p/{project.slug}/imports/{job.pk}/remove/").status_code == 302

    assert not Task.objects.exists()
    assert Event.objects.filter(verb="import.removed").count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR, Role.REVIEWER, None])
def test_only_managers_import(client_for: ClientFor, role: Role | None) -> None:
    project = factories.project()
    address = sent(client_for(project.created_by), project.slug).headers["Location"]
    job = imports.start(actor=project.created_by, project=project, file=ContentFile(b'{"text": "a"}', name="r.jsonl"))
    person = factories.member(project, role) if role else factories.user()
    client = client_for(person)
    expected = 403 if role else 404
    report = f"/p/{project.slug}/imports/{job.pk}/"
    for path in (f"/p/{project.slug}/imports/", address, report, f"{report}problems.csv"):
        assert client.get(path).status_code == expected
    for path in (f"/p/{project.slug}/imports/", address, f"{address}discard/", f"{report}remove/"):
        assert client.post(path).status_code == expected


def test_files_and_jobs_of_other_projects_are_not_found(client_for: ClientFor) -> None:
    project = factories.project()
    other = factories.project(manager=project.created_by)
    client = client_for(project.created_by)
    upload = imports.upload(actor=project.created_by, project=other, file=ContentFile(CSV, name="rows.csv"))
    job = imports.start(actor=project.created_by, project=other, upload=upload)
    assert client.get(f"/p/{project.slug}/imports/files/{upload.pk}/").status_code == 404
    assert client.get(f"/p/{project.slug}/imports/{job.pk}/").status_code == 404
    assert client.get(f"/p/{other.slug}/imports/{job.pk}/").status_code == 200


def test_a_file_is_looked_through_then_updates_what_is_there_and_is_taken_back(client_for: ClientFor) -> None:
    project = factories.project()
    client = client_for(project.created_by)
    imported(project, b"id,text,intent\n1,Where is it?,billing\n2,Pay twice,other\n", "rows.csv", mapping=IDS)
    address = sent(client, project.slug, b"id,text,intent\n1,Where is it?,delivery\n2,Pay twice,other\n").url
    columns = {"column-0": "external_id", "column-1": "field:text", "column-2": "label:intent"}

    checked = client.post(address, columns | {"mode": "update", "dry_run": "1"}).headers["Location"]
    jobs.perform_job(JobRun.objects.latest("pk").pk)
    page = client.get(checked).content.decode()
    assert "Nothing was written" in page
    assert "Changed, 1 row: 1 a new label." in page
    assert "Unchanged, 1 row: " in page
    assert set(Label.objects.values_list("value", flat=True)) == {"billing", "other"}

    report = client.post(f"{checked}start/").headers["Location"]
    job = JobRun.objects.latest("pk")
    jobs.perform_job(job.pk)
    assert "Put back what it changed" in client.get(report).content.decode()
    now = Label.objects.filter(retired_at=None)
    assert set(now.values_list("value", flat=True)) == {"delivery", "other"}
    assert client.post(f"{report}start/").headers["Location"] == report, "this was no dry run"
    assert JobRun.objects.latest("pk") == job

    client.post(f"{report}remove/")
    assert set(now.values_list("value", flat=True)) == {"billing", "other"}


def test_rows_that_were_not_read_and_contradictions_are_told(client_for: ClientFor) -> None:
    project = factories.project()
    imported(project, b"id,text,intent\n1,Where is it?,billing\n", "rows.csv", mapping=IDS)
    rows = b"id,text,intent\n1,Where is it?,delivery\n2,Hi,billing\n2,Hi,other\n"
    job = imported(project, rows, "rows.csv", mapping=IDS)
    page = client_for(project.created_by).get(f"/p/{project.slug}/imports/{job.pk}/").content.decode()
    assert "Not read, 1 row: the file says another label" in page
    assert "Contradicted, 1 row: an earlier row of the same file" in page
