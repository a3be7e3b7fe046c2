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
from labeling.api.reading import Query, query
from labeling.formats.registry import writable_files
from labeling.models import Scope
from labeling.selectors.exports import Filters
from labeling.services import exports

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
    escape: bool = Field(
        default=True,
        description="Write an apostrophe in front of a cell of CSV that a spreadsheet would run as a formula.",
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
        description=" ".join(f"`{found.name}`: {how.carries}" for found, how in writable_files()),
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Stream the export; memory stays flat however large it is."""
        user = actor(request)
        project = access.project_for(user, slug, Action.EXPORT)
        wanted = query(request, ExportQuery)
        filters = Filters(
            split="" if wanted.split == "none" else wanted.split, state=wanted.state, quarantined=wanted.quarantined
        )
        export = exports.download(
            actor=user, project=project, format=wanted.format, filters=filters, escape=wanted.escape
        )
        response = StreamingHttpResponse(export.content, content_type=export.content_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=export.filename) or ""
        return response
