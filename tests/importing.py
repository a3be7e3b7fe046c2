"""Import a file and say what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile

from labeling.models import ImportProblem, JobRun, Project
from labeling.services import imports, jobs


def jsonl(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def imported(project: Project, content: bytes, name: str = "rows.jsonl", **options: Any) -> JobRun:
    job = imports.start(
        actor=project.created_by, project=project, file=ContentFile(content, name=name), options=options or None
    )
    jobs.perform_job(job.pk)
    job.refresh_from_db()
    return job


def counts(job: JobRun) -> tuple[int, int, int]:
    assert job.result is not None, job.error
    return job.result["accepted"], job.result["rejected"], job.result["duplicates"]


def problems(job: JobRun) -> list[tuple[int, str]]:
    return list(ImportProblem.objects.filter(job=job).order_by("row", "id").values_list("row", "column"))
