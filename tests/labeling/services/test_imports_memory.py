"""An import and an export hold one batch in memory, however long the file is."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from django.core.files.base import File

from labeling.formats import jsonl
from labeling.models import JobState, Project, Task
from labeling.selectors import exports as export_reads
from labeling.services import imports, jobs
from labeling.services.imports import running
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

ROWS = 15_000
LIMIT = 16 * 1024**2  # the rows in a list take some 30 MB


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Import many rows and look at the memory."""
    monkeypatch.setattr(running, "BATCH_ROWS", 1_000)
    project = factories.project()
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as out:
        out.writelines(
            jsonl.write(
                {"text": f"{number} " + "words " * 60, "labels": {"intent": "billing"}, "meta": {"n": number}}
                for number in range(ROWS)
            )
        )
    with path.open("rb") as file:
        job = imports.start(actor=project.created_by, project=project, file=File(file, name="rows.jsonl"))
    tracemalloc.start()
    try:
        jobs.perform_job(job.pk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert Task.objects.count() == ROWS
    assert peak < LIMIT
    return project


@pytest.mark.timeout(300)
def test_imports_and_exports_hold_one_batch_in_memory(project: Project) -> None:
    for name in ("jsonl", "csv", "parquet"):
        tracemalloc.start()
        try:
            size = sum(len(piece) for piece in export_reads.stream(project=project, format=name).content)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert size > 100_000
        assert peak < 2 * LIMIT, name
