"""A format says everything about itself: pages, API and documentation say what it says."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile

from labeling.formats import preview, sniff
from labeling.formats.base import Part
from labeling.formats.registry import FORMATS, readable_files, reading_of, writable_files
from labeling.models import JobState, Label, Task
from labeling.selectors import exports as export_reads
from labeling.services import imports, jobs
from labeling.services.imports import looking
from tests import factories
from tests.labeling.formats import toy
from tests.labeling.formats.tables import export_table, import_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

DOCS = Path(__file__).resolve().parents[3] / "docs" / "formats.md"


def test_names_are_those_of_the_registry() -> None:
    assert all(name == format.name for name, format in FORMATS.items())
    assert all(format.reading or format.writing for format in FORMATS.values())


def test_two_formats_do_not_claim_the_same_ending() -> None:
    endings = [suffix for _, reading in readable_files() for suffix in reading.suffixes]
    assert len(set(endings)) == len(endings)


@pytest.mark.parametrize(
    "name", [format.name for format, reading in readable_files() if reading.example and reading.textual]
)
def test_the_example_of_a_format_is_a_file_of_that_format(name: str) -> None:
    reading = FORMATS[name].reading
    assert reading is not None
    file = io.BytesIO(reading.example.encode())
    found = sniff(file, f"example.{next(iter(reading.suffixes), 'json')}")
    assert found.format == name
    assert found.sample
    assert not found.problems
    assert reading_of(found) is reading


@pytest.mark.parametrize("name", [format.name for format, _ in writable_files()])
def test_what_a_format_loses_is_said_in_words(name: str) -> None:
    writing = FORMATS[name].writing
    assert writing is not None
    assert Part.SITE in writing.loses
    assert all(part.title.casefold() in writing.not_carried.casefold() for part in writing.loses)


@pytest.mark.parametrize("table", [import_table, export_table])
def test_the_tables_of_the_documentation_are_those_of_the_registry(table: Callable[[], str]) -> None:
    assert table() in DOCS.read_text(encoding="utf-8"), "python -m tests.labeling.formats.tables prints them"


@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_a_format_is_its_file_and_a_line(monkeypatch: pytest.MonkeyPatch, client_for: Callable[..., Client]) -> None:
    monkeypatch.setitem(FORMATS, toy.FORMAT.name, toy.FORMAT)
    # Another process would not know it.
    monkeypatch.setattr(looking, "look_at", lambda file, name: preview.understood(preview.describe(file, name)))
    project = factories.project()
    manager = client_for(project.created_by)
    page = manager.get(f"/p/{project.slug}/imports/").content.decode()
    assert ".pairs" in page
    assert "One task a line, with a tab between two pairs." in page
    content = b"text=Where is my parcel?\tintent=delivery\texternal_id=a\ntext=Hello\texternal_id=b\n"

    upload = imports.receive(
        actor=project.created_by, project=project, file=ContentFile(content, name="messages.pairs")
    )
    shown = imports.preview(project=project, upload=upload)
    assert [column.name for column in shown.columns] == ["text", "intent", "external_id"]

    job = imports.start(
        actor=project.created_by, project=project, file=ContentFile(content, name="messages.pairs"), options=None
    )
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert list(Task.objects.order_by("pk").values_list("data__text", flat=True)) == ["Where is my parcel?", "Hello"]
    assert Label.objects.get().value == "delivery"

    offered = manager.get(f"/p/{project.slug}/export/").content.decode()
    assert 'value="pairs"' in offered
    written = b"".join(export_reads.stream(project=project, format="pairs").content).decode().splitlines()
    assert [line.split("\t")[0] for line in written] == ["external_id=a", "external_id=b"]
    assert "intent=delivery" in written[0]
