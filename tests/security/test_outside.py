"""What would reach outside: addresses in data are never fetched, mails have one subject, spreadsheets run nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from labeling.formats.csv import escape, unescape
from labeling.models import ImportProblem, Project, Task, User
from labeling.selectors import exports as export_reads
from labeling.services import explorer, flags, guidelines
from labeling.services.annotations import comment
from tests import factories
from tests.security.worlds import SCHEMA, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - what spreadsheets take too
BLANKS = " \u00a0\ufeff"
FORMULAS = (
    *(f"{start}1+1" for start in DANGEROUS),
    *(f'{start}HYPERLINK("http://evil.example","x")' for start in DANGEROUS),
    *(f"{start}cmd|' /C calc'!A0" for start in DANGEROUS),
    *("'=1+1", "''=1+1", "'", "''", "-5", "+49 30 123456", "@ann", "'quoted'", "- a list", "a=b"),
    *(" =1+1", "\u00a0@SUM(A1)", " '=1", "' =1", "\ufeff-1", " a=b", " "),
)  # fmt: skip


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """Listen on this machine, and write down whoever comes."""
    came: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    over = threading.Event()

    def wait() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            came.append(connection.recv(200).decode(errors="replace"))
            connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    yield server.getsockname()[1], came
    over.set()
    thread.join()
    server.close()


def test_addresses_in_data_are_never_fetched(
    listener: tuple[int, list[str]], client_for: Callable[[User], Client]
) -> None:
    port, came = listener
    manager = factories.user()
    project = factories.project(manager=manager, schema=SCHEMA)
    inside = f"http://127.0.0.1:{port}/secret.png"
    addresses = (
        inside,
        inside.replace("http", "ftp"),
        f"//127.0.0.1:{port}/x.png",
        "file:///etc/passwd",
        "gopher://x/1",
    )
    rows = [{"text": where, "image": where, "meta": {"url": where}, "external_id": where} for where in addresses]
    rows += [{"text": "x", "image": {"url": where, "sha256": where}} for where in addresses]
    job = imported(project, "\n".join(json.dumps(row) for row in rows).encode(), "rows.jsonl")
    assert ImportProblem.objects.filter(job=job, column="image").count() == len(rows)
    imported(project, "\n".join(json.dumps({"text": where}) for where in addresses).encode(), "more.jsonl")
    task = Task.objects.filter(project=project).earliest("pk")
    body = f"![x]({inside}) <img src={inside}> [x]: {inside}"
    guidelines.save_draft(actor=manager, project=project, body=body, entries=[])
    guidelines.publish(actor=manager, project=project, change_note=inside)
    comment(actor=manager, task=task, body=inside)
    flags.raise_flag(actor=manager, task=task, note=inside)
    explorer.save_filter(actor=manager, project=project, name="x", query=f"q={inside}")
    client = client_for(manager)
    shown = client.get(f"/p/{project.slug}/guideline/").content.decode()
    client.get(f"/p/{project.slug}/tasks/{task.pk}/")
    client.get(f"/p/{project.slug}/tasks/", {"q": inside})
    client.post(f"/p/{project.slug}/imports/", {"file": ContentFile(f"text\n{inside}\n".encode(), "rows.csv")})
    assert not re.search(rf"<img[^>]*{re.escape(inside)}", shown), "nor does the reader's browser fetch it"
    assert came == []


def test_a_name_with_line_ends_makes_no_header_of_a_mail(client_for: Callable[[User], Client], settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    manager = factories.user(name="Ann\r\nBcc: everybody@example.org")
    project = factories.project(manager=manager, name="Mails\r\nBcc: everybody@example.org\n\n<b>x</b>")
    answer = client_for(manager).post(
        f"/p/{project.slug}/people/invite/", {"role": "viewer", "email": "cleo@example.org"}
    )
    assert answer.status_code == 200
    (sent,) = mail.outbox
    assert sent.recipients() == ["cleo@example.org"]
    assert "Bcc" not in sent.message()
    assert sent.message().get_content_type() == "text/plain"


def labels_of(project: Project) -> list[tuple[Any, ...]]:
    return sorted(Task.objects.filter(project=project).values_list("data__text", "external_id", "labels__value"))


def exported(project: Project) -> bytes:
    return b"".join(export_reads.stream(project=project, format="csv").content)


def test_no_cell_of_an_export_is_a_formula_and_every_value_comes_back() -> None:
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "why", "kind": "text", "field": "text"}],
    }
    one, other = factories.project(schema=schema), factories.project(schema=schema)
    rows = [
        {
            "text": f"{text}.",
            "external_id": f"{text.strip()} {number}",
            "labels": {"why": f"{text}!"},
            "meta": {text: text},
        }
        for number, text in enumerate(FORMULAS)
    ]
    job = imported(one, "\n".join(json.dumps(row) for row in rows).encode(), "rows.jsonl")
    assert (job.result or {})["accepted"] == len(FORMULAS), list(ImportProblem.objects.filter(job=job).values())
    content = exported(one)
    for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        for cell in line:
            assert not cell.startswith(DANGEROUS), cell
            assert not cell.lstrip(BLANKS).startswith(DANGEROUS), cell
    again = imported(other, content, "export.csv")
    assert (again.result or {})["accepted"] == len(FORMULAS)
    assert labels_of(other) == labels_of(one)
    assert sorted(Task.objects.filter(project=other).values_list("meta", flat=True), key=str) == sorted(
        Task.objects.filter(project=one).values_list("meta", flat=True), key=str
    )


def test_the_report_of_an_import_is_no_formula_either(client_for: Callable[[User], Client]) -> None:
    project = factories.project()
    assert isinstance(project.created_by, User)
    job = imported(project, b'text,intent\nHello,"=HYPERLINK(""http://evil.example"")"\n', "rows.csv")
    answer = client_for(project.created_by).get(f"/p/{project.slug}/imports/{job.pk}/problems.csv")
    content = b"".join(cast("Any", answer).streaming_content).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(content, newline="")) for cell in line]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith(DANGEROUS) for cell in cells)


@bounded(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(cell=st.text(max_size=6) | st.text(alphabet=[*DANGEROUS, "'", " ", "1", "a"], max_size=6))
def test_every_cell_is_harmless_and_can_be_read_back(cell: str) -> None:
    assert not escape(cell).startswith(DANGEROUS)
    assert unescape(escape(cell)) == cell
