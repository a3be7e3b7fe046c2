"""What a format says it carries comes back from its file, and what it says it loses does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labeling.formats.base import Format, Part, Writing
from labeling.formats.registry import writable_files
from labeling.models import AnnotationState, Project, Task
from labeling.reasons.manual import MANUAL
from labeling.services import annotations as saving
from labeling.services import flags, tasks
from labeling.services.annotations import Submission
from tests import factories
from tests.exporting import exported, lines, without_times
from tests.importing import counts, imported, jsonl
from tests.labeling.selectors.test_exports import SCHEMA

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

SEEN: dict[Part, Callable[[dict[str, Any]], Any]] = {
    Part.TASKS: lambda row: {name: row.get(name) for name in ("external_id", "split", "text", "meta")},
    Part.LABELS: lambda row: row["labels"],
    Part.SOURCES: lambda row: [(label["source"], label["annotator"]) for label in row["dcai"]["labels"]],
    Part.EARLIER: lambda row: [label["value"] for label in row["dcai"]["labels"]],
    Part.ANNOTATIONS: lambda row: row["dcai"].get("annotations"),
    Part.DISCUSSION: lambda row: [row["dcai"].get(name) for name in ("comments", "flags")],
}
"""How each part looks in a line of JSON; images, types and the site are nothing that such a line shows."""


def worked_on() -> Project:
    project = factories.project(schema=SCHEMA, overlap=1)
    row = {"text": "Hello", "external_id": "a", "split": "train", "meta": {"channel": "mail", "n": 3}}
    imported(project, jsonl([row]))
    task = Task.objects.select_related("project").get(project=project)
    answered = Submission(
        answers={"intent": "billing", "topics": ["a", "b, c"], "mood": 4, "note": "=1"},
        state=AnnotationState.SUBMITTED,
        version=0,
        lead_time_ms=900,
        skip_reason="",
    )
    saving.submit(actor=factories.member(project), task=task, submission=answered, key="one")
    said = saving.comment(actor=project.created_by, task=task, body="Look.")
    saving.resolve_comment(actor=project.created_by, comment=said)
    flags.put_flag(task=task, reason=MANUAL, question="intent", actor=project.created_by, note="?", score=0.5)
    tasks.assign_label(
        actor=project.created_by, project=project, task_ids=[task.pk], question="intent", value="1"
    )  # fmt: skip
    return project


@pytest.mark.parametrize(("format", "writing"), writable_files(), ids=lambda given: getattr(given, "name", ""))
def test_what_is_carried_comes_back_and_what_is_lost_does_not(format: Format, writing: Writing) -> None:
    project, twin = worked_on(), factories.project(schema=SCHEMA, overlap=1)

    job = imported(twin, exported(project, format.name), f"export.{writing.suffix}")

    assert counts(job) == (1, 0, 0), list(job.import_problems.values_list("row", "column", "message"))
    (before,), (after,) = without_times(lines(project)), without_times(lines(twin))
    kept = {part for part, look in SEEN.items() if look(before) == look(after)}
    assert kept == set(SEEN) - writing.loses
