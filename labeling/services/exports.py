"""Exports: who took what out, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from labeling.selectors import exports as export_reads
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import Project, User


@transaction.atomic
def download(
    *,
    actor: User,
    project: Project,
    format: str = "jsonl",
    filters: export_reads.Filters | None = None,
    escape: bool = True,
    shape: export_reads.Shape = export_reads.Shape.TASKS,
    columns: tuple[str, ...] = (),
) -> export_reads.Export:
    """Return a project's tasks or answers as a stream, and record that they were taken out."""
    export = export_reads.stream(
        project=project, format=format, filters=filters, escape=escape, shape=shape, columns=columns
    )
    chosen = filters or export_reads.Filters()
    events.record(
        verb="export.downloaded",
        project=project,
        actor=actor,
        format=format,
        split=chosen.split,
        state=chosen.state,
        quarantined=chosen.quarantined,
        shape=shape,
        filter=chosen.wanted.params() if chosen.wanted else [],
        updated_after=chosen.updated_after.isoformat() if chosen.updated_after else None,
        columns=columns,
    )
    return export
