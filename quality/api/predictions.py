"""Predictions of a team's own model."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from io import BytesIO
from typing import IO, TYPE_CHECKING, Annotated, Any

from django.conf import settings
from django.core.files.base import File
from pydantic import BaseModel, Field, RootModel
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.jobs import JobDocument, document
from labeling.api.openapi import operation
from labeling.api.reading import Query, StrictJSONParser, query
from labeling.errors import Invalid, Problem, TooLarge
from labeling.kinds.problems import found, invalid
from labeling.models import Scope
from quality.models import PushedModel
from quality.selectors import pushed as pushed_reads
from quality.services import predictions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request


TAG = "Quality"
PARQUET_BEGINS = b"PAR1"
IN_MEMORY = 8 * 1024 * 1024
PIECE = 256 * 1024


class _FileParser(BaseParser):
    """Keeps a bounded body in memory or, when it is large, in a temporary file."""

    form = ""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the open file and what it is."""
        folder = settings.FILE_UPLOAD_TEMP_DIR
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder)  # noqa: SIM115 - closed by whoever reads it
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > settings.UPLOAD_MAX_BYTES:
                file.close()
                raise TooLarge(f"Predictions have at most {settings.UPLOAD_MAX_BYTES:,} bytes. Send them in parts.")
            file.write(piece)
        file.seek(0)
        return {"file": file, "form": self.form}


class JSONLParser(_FileParser):
    """Reads JSON Lines."""

    media_type = "application/x-ndjson"
    form = "jsonl"


class ParquetParser(_FileParser):
    """Reads Parquet."""

    media_type = "application/vnd.apache.parquet"
    form = "parquet"


class AnyRowsParser(_FileParser):
    """Reads either of them, told apart by the bytes that Parquet begins with."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the open file and what it is."""
        sent = super().parse(stream, media_type, parser_context)
        parquet = sent["file"].read(len(PARQUET_BEGINS)) == PARQUET_BEGINS
        sent["file"].seek(0)
        return sent | {"form": (ParquetParser if parquet else JSONLParser).form}


class RowsParser(StrictJSONParser):
    """Reads a JSON array of rows, which becomes JSON Lines."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the open file and what it is."""
        rows = super().parse(stream, media_type, parser_context)
        if not isinstance(rows, list):
            raise invalid("The body", [Problem("", f"Expected a list of predictions, found {found(rows)}.")])
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return {"file": BytesIO(lines.encode()), "form": JSONLParser.form}


class PredictionNew(BaseModel):
    """What a model says about one task, named by one of the two."""

    external_id: str | None = None
    task: int | None = None
    probabilities: dict[str, float] = Field(description="By the name of the class.")


class PredictionRows(RootModel[list[PredictionNew]]):
    """What a model says about several tasks."""


class PushQuery(Query):
    """What the predictions are of."""

    question: str = Field(max_length=64)
    model: Annotated[str, Field(max_length=100, description="A name of your choice.")]
    out_of_fold: bool = Field(
        default=True, description="No task was predicted by a model that had learned from its label."
    )


class ModelDocument(BaseModel):
    """A model whose predictions were sent."""

    model: str
    question: str
    out_of_fold: bool
    active: bool = Field(description="Used by runs instead of the fixed model.")
    count: int
    updated_at: datetime


class ModelList(BaseModel):
    """All models whose predictions were sent."""

    results: list[ModelDocument]


class OffQuery(Query):
    """Which question goes back to the fixed model."""

    question: str = Field(max_length=64)


ROWS: dict[str, Any] = {RowsParser.media_type: PredictionRows} | {
    media: {"type": "string", "format": "binary", "description": words}
    for media, words in (
        (
            JSONLParser.media_type,
            'One object per line: `{"external_id": "...", "probabilities": {"billing": 0.9, "delivery": 0.1}}`, or '
            "`task` (an id) in place of `external_id`.",
        ),
        (ParquetParser.media_type, "The same keys as columns; `probabilities` is a struct or a map."),
        (AnyRowsParser.media_type, "Either of them, for clients that know no other type of files."),
    )
}


class Predictions(Endpoint):
    """Predictions of a project's tasks by models of the team."""

    parser_classes = (RowsParser, JSONLParser, ParquetParser, AnyRowsParser)

    @operation(
        "predictions_list",
        "List models that predictions were sent of",
        tag=TAG,
        needs=Scope.READ,
        returns={200: ModelList},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the models, newest first."""
        project = access.project_for(actor(request), slug, Action.VIEW)
        return Response({"results": [_shown(model, count) for model, count in pushed_reads.models(project)]})

    @operation(
        "predictions_create",
        "Send predictions",
        tag=TAG,
        needs=Scope.MANAGE,
        body=ROWS,
        query=PushQuery,
        returns={202: JobDocument},
        description="Class probabilities by a model of your own; runs use them instead of the fixed model's. A job "
        "takes all rows, or none: follow it at `/api/jobs/{id}/`; what is wrong with which rows is at "
        "`/api/jobs/{id}/problems/`. The same file again while it is being taken in answers with the same job.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Keep the file and start the job that takes its rows."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        wanted = query(request, PushQuery)
        sent = request.data
        # Without a body no parser is asked, and the framework gives an empty form.
        if "file" not in sent:
            raise Invalid("The body is empty. Send predictions as JSON, JSON Lines or Parquet.")
        with sent["file"] as file:
            job = predictions.start(
                actor=user,
                project=project,
                question=wanted.question,
                name=wanted.model,
                out_of_fold=wanted.out_of_fold,
                file=File(file),
                form=sent["form"],
            )
        return Response(document(job), status=202)

    @operation(
        "predictions_delete",
        "Go back to the fixed model",
        tag=TAG,
        needs=Scope.MANAGE,
        query=OffQuery,
        returns={204: None},
        description="From the next run on. What was sent is kept.",
    )
    def delete(self, request: Request, slug: str) -> Response:
        """Use the fixed model again."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        predictions.switch_off(actor=user, project=project, question=query(request, OffQuery).question)
        return Response(status=204)


def _shown(model: PushedModel, count: int) -> dict[str, Any]:
    return {
        "model": model.name,
        "question": model.question,
        "out_of_fold": model.out_of_fold,
        "active": model.active,
        "count": count,
        "updated_at": model.updated_at,
    }
