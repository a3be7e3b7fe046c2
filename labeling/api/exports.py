"""Taking tasks and labels out, as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from pydantic import Field

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import Moment, Query, query
from labeling.formats.registry import writable_files
from labeling.models import Scope
from labeling.selectors import explorer as explorer_reads
from labeling.selectors.exports import Filters, Shape, split_names
from labeling.services import exports
from labeling.services.explorer import MAX_QUERY as MAX_FILTER

if TYPE_CHECKING:
    from rest_framework.request import Request


class ExportQuery(Query):
    """What to take out, and how it is written."""

    format: str = Field(
        "jsonl", max_length=40, json_schema_extra={"enum": [found.name for found, _ in writable_files()]}
    )
    split: Literal["any", "train", "validation", "test", "none"] = "any"
    state: Literal["any", "todo", "labeled", "disputed", "quarantined"] = "any"
    quarantined: bool = Field(default=False, description="Carry tasks in quarantine too.")
    filter: str = Field(
        "",
        max_length=MAX_FILTER,
        description="Only tasks that fit: the part of the explorer's address after the `?`, such as "
        "`q=refund&flag=any` (encoded, as every parameter).",
    )
    updated_after: Moment | None = Field(
        None,
        description="Only tasks that came or changed after this moment: a label was given or retired, an answer "
        "saved, the split, the metadata or the quarantine changed. Comments and flags do not count.",
    )
    shape: Shape = Field(
        Shape.TASKS,
        description="One row per task, or per answer of a person (`jsonl`, `csv` and `parquet`).",
    )
    columns: str = Field(
        "",
        max_length=4_000,
        description="The columns to write, with commas between; empty: all. A row per task always begins with "
        "`dcai_task`, and has columns in `csv` and `parquet` only.",
    )
    escape: bool = Field(
        default=True,
        description="Write an apostrophe in front of a cell of CSV that a spreadsheet would run as a formula.",
    )


def filters_of(wanted: ExportQuery) -> Filters:
    """Return which tasks a query asks for."""
    return Filters(
        split="" if wanted.split == "none" else wanted.split,
        state=wanted.state,
        quarantined=wanted.quarantined,
        wanted=explorer_reads.parse_queue_filter(wanted.filter, reviewer=True) if wanted.filter else None,
        updated_after=wanted.updated_after,
    )


class Export(Endpoint):
    """A project's tasks and labels."""

    @operation(
        "export_read",
        "Export tasks and labels",
        tag="Labels",
        needs=Scope.READ,
        query=ExportQuery,
        returns={(200, how.content_type.partition(";")[0]): OpenApiTypes.BINARY for _, how in writable_files()},
        description=" ".join(f"`{found.name}`: {how.carries}" for found, how in writable_files())
        + " With `shape=annotations` a row is what one person last answered to one question; a skip is a row without.",
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Stream the export; memory stays flat however large it is."""
        user = actor(request)
        project = access.project_for(user, slug, Action.EXPORT)
        wanted = query(request, ExportQuery)
        export = exports.download(
            actor=user,
            project=project,
            format=wanted.format,
            filters=filters_of(wanted),
            escape=wanted.escape,
            shape=wanted.shape,
            columns=split_names(wanted.columns),
        )
        response = StreamingHttpResponse(export.content, content_type=export.content_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=export.filename) or ""
        return response
