"""Export a project and read what was written."""

from __future__ import annotations

import json
from typing import Any

from labeling.models import Project
from labeling.selectors import exports as export_reads


def exported(project: Project, format: str = "jsonl", **filters: Any) -> bytes:
    return b"".join(
        export_reads.stream(project=project, format=format, filters=export_reads.Filters(**filters)).content
    )


def lines(project: Project, **filters: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(project, **filters).splitlines()]


def without_times(value: Any) -> Any:
    """Leave out what an import cannot give again: moments, and the number of the task."""
    if isinstance(value, dict):
        return {
            name: without_times(item) for name, item in value.items() if not name.endswith("_at") and name != "task"
        }
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return value
