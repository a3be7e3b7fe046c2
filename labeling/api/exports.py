"""Taking tasks and labels out, as a stream."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from drf_spectacular.types import OpenApiTypes
from pydantic import Field

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import Moment, Query, query
from labeling.errors import Invalid, Problem
from labeling.formats.gzip import compress
from labeling.formats.registry import writable_files
from labeling.models import Scope
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import exports as export_reads
from labeling.selectors.exports import Filters, Shape, split_names
from labeling.services import exports
from labeling.services.explorer import MAX_QUERY as MAX_FILTER

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import Project


ETAG = "ETag"
BYTES = "application/octet-stream"


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
    shape: Literal["tasks", "annotations"] = Field(
        "tasks",
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
    compression: Literal["", "gzip"] = Field(
        "", description="A file compressed with gzip (`.gz`); Parquet and ZIP are compressed as they are."
    )


def tag_of(project: Project, wanted: ExportQuery) -> str | None:
    """Return the ETag of an export: the same for the same question, until something of the project changes."""
    version = export_reads.version_of(project)
    if version is None:
        return None
    asked = f"{version} {wanted.model_dump_json()}"
    return f'W/"{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str | None) -> bool:
    """Return whether who asks has what they would get."""
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return tag is not None and (tag in known or tag.removeprefix("W/") in known)


def check_compression(wanted: ExportQuery) -> None:
    """Refuse to compress what is compressed in itself."""
    if wanted.compression and any(found.name == wanted.format and how.packed for found, how in writable_files()):
        message = "This format is compressed as it is. Leave compression out."
        raise Invalid(message, problems=(Problem("compression", message),))


def takes_gzip(request: Request) -> bool:
    """Return whether an answer may be compressed on its way."""
    codings = [coding.partition(";") for coding in request.META.get("HTTP_ACCEPT_ENCODING", "").lower().split(",")]
    return any(name.strip() == "gzip" and weight.strip() not in {"q=0", "q=0.0"} for name, _, weight in codings)


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
        returns={(200, BYTES): OpenApiTypes.BINARY}
        | {(200, how.content_type.partition(";")[0]): OpenApiTypes.BINARY for _, how in writable_files()}
        | {(200, "application/gzip"): OpenApiTypes.BINARY, 304: None},
        answer_headers={
            ETAG: "Stands for the state of the project; none while a job works in it.",
            "Content-Disposition": "The name of the file.",
        },
        description=" ".join(f"`{found.name}`: {how.carries}" for found, how in writable_files())
        + " `ETag` stands for the state of the project (there is none while a job works in it): sent as "
        "`If-None-Match` it is answered with 304 while nothing changed. With `Accept-Encoding: gzip` text comes "
        "compressed, with `Accept: application/octet-stream` under that type. With `shape=annotations` a row is what "
        "one person last answered to one question; a skip is a row without one.",
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Stream the export; memory stays flat however large it is."""
        user = actor(request)
        project = access.project_for(user, slug, Action.EXPORT)
        wanted = query(request, ExportQuery)
        check_compression(wanted)
        tag = tag_of(project, wanted)  # before anything is read: what changes meanwhile has another one
        if is_known(request, tag):
            return HttpResponse(status=304, headers={ETAG: tag or ""})
        export = exports.download(
            actor=user,
            project=project,
            format=wanted.format,
            filters=filters_of(wanted),
            escape=wanted.escape,
            shape=Shape(wanted.shape),
            columns=split_names(wanted.columns),
        )
        return answer_with(request, export, wanted, tag)


def answer_with(
    request: Request, export: export_reads.Export, wanted: ExportQuery, tag: str | None
) -> StreamingHttpResponse:
    """Return a download, compressed as it is asked for."""
    shown = export.compressed() if wanted.compression else export
    coded = takes_gzip(request) and not shown.packed
    plain = request.META.get("HTTP_ACCEPT", "").strip().lower() == BYTES
    response = StreamingHttpResponse(
        compress(shown.content) if coded else shown.content, content_type=BYTES if plain else shown.content_type
    )
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=shown.filename) or ""
    response["Vary"] = "Accept-Encoding"
    if coded:
        response["Content-Encoding"] = "gzip"
    if tag:
        response[ETAG] = tag
    return response


class ExportCard(Endpoint):
    """What a project's data are."""

    @operation(
        "export_card",
        "Read the card of the data set",
        tag="Labels",
        needs=Scope.READ,
        returns={(200, "text/markdown"): OpenApiTypes.STR},
        description="What is shown and asked, how many tasks and labels there are, by splits and by sources of labels, "
        "how many people answered, under which guideline; in Markdown, without names of people.",
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the card."""
        project = access.project_for(actor(request), slug, Action.EXPORT)
        return HttpResponse(export_reads.card_of(project), content_type="text/markdown; charset=utf-8")
