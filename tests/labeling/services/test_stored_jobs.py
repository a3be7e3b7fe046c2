"""Jobs as older versions stored them: the new code does what the old code queued, and shows what it told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from labeling.models import ImportProblem, JobRun, JobState, Project, Task, User
from labeling.services import imports, jobs
from labeling.services.imports import uploading
from tests import factories

pytestmark = pytest.mark.django_db

ROWS = b"text,intent\nWhere is my parcel?,delivery\nThe invoice is wrong.,billing\nHello.,other\n"
OPTIONS = {"mode": "keep_good", "mapping": None, "encoding": None, "delimiter": None}
OLD_SHAPES: dict[str, dict[str, list[Any]]] = {
    "labeling.settle": {
        "params": [{"floor": 0.5}],
        "cursor": [{}, {"after": 7, "changed": 2}],
        "result": [{"changed": 2}],
    },
    "labeling.overlap": {
        "params": [{}],
        "cursor": [{}, {"after": 7, "more": 2, "fewer": 1}],
        "result": [{"more": 2, "fewer": 1}],
    },
    "labeling.ask": {
        "params": [{"questions": ["mood"]}],
        "cursor": [{}, {"asked": 3}],
        "result": [{"asked": 3}],
    },
    "labeling.bulk": {
        "params": [
            {"wish": {"verb": "label", "question": "intent", "value": "billing"}, "tasks": [3, 4], "query": "q=refund"},
            {"wish": {"verb": "ask", "whom": "another"}, "tasks": [3]},
        ],
        "cursor": [{}, {"looked_at": 250, "changed": 240, "acts": [7]}],
        "result": [{"changed": 2}],
    },
    "labeling.take_back": {
        "params": [{"acts": [8, 7], "tasks": 490}],
        "cursor": [{}, {"looked_at": 1, "taken_back": 250}],
        "result": [{"taken_back": 490}],
    },
    "labeling.import": {
        "params": [
            {"upload": 3, "filename": "more.csv", "options": OPTIONS},
            {
                "folder": "/data/images",
                "filename": "images",
                "options": OPTIONS | {"mapping": {"image": "field:image"}},
            },
        ],
        "cursor": [
            {},
            {
                "row": 3,
                "counts": {"accepted": 2, "rejected": 0, "duplicates": 0, "labels": 2, "problems_kept": 0},
                "images": False,
                "over": False,
            },
            {
                "over": True,
                "counts": {"accepted": 2, "rejected": 0, "duplicates": 0, "labels": 2, "problems_kept": 0},
                "images": True,
            },
        ],
        "result": [
            {"accepted": 2, "rejected": 1, "duplicates": 0, "labels": 2},
            {"accepted": 0, "rejected": 1, "duplicates": 0, "labels": 0, "good": 2},
            {"accepted": 0, "rejected": 0, "duplicates": 2, "labels": 0, "updated": 1, "relabeled": 1, "kept": 1},
        ],
    },
    "labeling.delete_project": {
        "params": [{"project": 4, "name": "To go", "slug": "to-go"}],
        "cursor": [{}, {"tasks": 500}],
        "result": [{"tasks": 7, "images": 1, "images_kept": 0}],
    },
    "labeling.thumbnails": {"params": [{}], "cursor": [{}], "result": [{"made": 3, "failed": 0}]},
    "quality.agreement": {
        "params": [{}, {"question": "intent"}],
        "cursor": [{}, {"done": ["intent"]}],
        "result": [{"questions": 2}],
    },
    "quality.predictions": {
        "params": [
            {
                "upload": 3,
                "sha256": "0" * 64,
                "form": "jsonl",
                "question": "intent",
                "model": "ours",
                "out_of_fold": False,
            }
        ],
        "cursor": [{}, {"over": True, "taken": 2}],
        "result": [{"model": "ours", "question": "intent", "taken": 0, "rejected": 3}],
    },
    "quality.run": {
        "params": [
            {
                "question": "intent",
                "trigger": "hand",
                "force": False,
                "options": {
                    "encoder": "built-in",
                    "filter_by": "both",
                    "score": "self_confidence",
                    "strategy": "margin",
                },
            }
        ],
        "cursor": [{}, {"done": ["encode", "predict"]}, {"done": ["encode"], "shown": True}],
        "result": [
            {"run": 5, "unchanged": True},
            {"run": 6, "unchanged": False, "found": 3, "opened": 2, "updated": 1, "closed": 0, "decided": 0},
        ],
    },
}
"""By kind of job, what the columns hold that earlier versions wrote, those before they had types among them."""


def meaning(stored: Any) -> Any:
    """Return a document without what goes without saying."""
    if isinstance(stored, dict):
        return {key: meaning(value) for key, value in stored.items() if value is not None}
    return stored


def holds(document: Any, old: Any) -> bool:
    """Return whether a document says all that an old one says; counts that came later may stand beside."""
    if isinstance(document, dict) and isinstance(old, dict):
        return all(key in document and holds(document[key], value) for key, value in old.items())
    return bool(document == old)


@pytest.mark.parametrize("kind", sorted(jobs._kinds))
def test_every_old_column_loads_and_means_the_same(kind: str) -> None:
    for column, stored in OLD_SHAPES[kind].items():
        for old in stored:
            document = getattr(jobs._kinds[kind], column).load(old).dump()
            assert holds(meaning(document), meaning(old)), (column, old)


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def queued(project: Project, **columns: Any) -> JobRun:
    """Store an import as the old code did."""
    upload = uploading.upload(actor=project.created_by, project=project, file=ContentFile(ROWS, "more.csv"))
    return JobRun.objects.create(
        kind=imports.IMPORT,
        project=project,
        requested_by=project.created_by,
        queue="imports",
        params={"upload": upload.pk, "filename": "more.csv", "options": OPTIONS},
        exclusive_key=f"import:{upload.pk}",
        **columns,
    )


def test_an_import_that_the_old_code_queued_is_done() -> None:
    project = factories.project()
    job = queued(project)

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == (
        JobState.SUCCEEDED,
        {"accepted": 3, "rejected": 0, "duplicates": 0, "labels": 3},
    )


def test_an_import_that_the_old_code_began_goes_on_after_its_last_row() -> None:
    project = factories.project()
    counts = {"accepted": 2, "rejected": 0, "duplicates": 0, "labels": 2, "problems_kept": 0}
    job = queued(project, cursor={"row": 3, "counts": counts, "images": False, "over": False})

    jobs.perform_job(job.pk)

    job.refresh_from_db()
    assert Task.objects.filter(project=project).count() == 1
    assert job.result == {"accepted": 3, "rejected": 0, "duplicates": 0, "labels": 3}


def test_imports_that_the_old_code_finished_are_shown(client_for: Callable[[User], Client]) -> None:
    project = factories.project()
    job = queued(
        project,
        state=JobState.FAILED,
        error="Nothing was imported.",
        result={"accepted": 0, "rejected": 1, "duplicates": 0, "labels": 0, "good": 2},
    )
    ImportProblem.objects.create(job=job, row=2, column="text", message="It is empty.")
    client = client_for(project.created_by)

    listed = client.get(reverse("project-imports", args=(project.slug,))).content.decode()
    report = client.get(reverse("import-report", args=(project.slug, job.pk))).content.decode()
    page = client.get(reverse("job", args=(job.pk,))).content.decode()

    assert "more.csv" in listed
    assert "It is empty." in report
    assert "Rejected" in page
