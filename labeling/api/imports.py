"""Uploading a file whose rows become tasks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import decode
from labeling.errors import Invalid, Problem
from labeling.formats.registry import list_nouns
from labeling.models import JobState, Scope
from labeling.services import imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.files.uploadedfile import UploadedFile
    from rest_framework.request import Request

_FILES = f"A file of any of these: {list_nouns()}."
_MODE = (
    "What to do when a row is wrong, or there already. `update`: keep the good rows, and take over the labels, split "
    "and metadata of rows whose tasks are there; labels that people gave or decided stay."
)
PARTS: dict[str, dict[str, Any]] = {
    "file": {"type": "string", "format": "binary", "description": _FILES},
    "mode": {"type": "string", "enum": list(imports.MODES), "description": _MODE},
    "dry_run": {
        "type": "string",
        "enum": ["true", "false"],
        "description": "Write nothing: the result says what would become of the rows, and the problems say why not.",
    },
    "mapping": {
        "type": "string",
        "description": "JSON object: column -> `field:text`, `label:intent`, `meta`, `split`, `external_id`, ...",
    },
    "values": {
        "type": "string",
        "description": "JSON object: question -> what a label is called in the file -> the label that is meant, or the "
        'empty string for none, such as `{"spam": {"0": "ham"}}`.',
    },
    "encoding": {"type": "string", "description": "Found out when it is left out."},
    "delimiter": {"type": "string", "description": "Found out when it is left out."},
}
FORM = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": PARTS,
        "additionalProperties": False,
    }
}


class StartedDocument(BaseModel):
    """An import that was started."""

    job: int = Field(description="Follow it at `/api/jobs/{id}/`.")
    state: JobState


class Imports(Endpoint):
    """Imports into a project."""

    parser_classes = (MultiPartParser,)

    @operation(
        "imports_create",
        "Import a file",
        tag="Tasks",
        needs=Scope.MANAGE,
        body=FORM,
        returns={202: StartedDocument},
        description="A job reads the file. Rows that are there already (same `external_id` or content) add nothing; "
        "with `mode=update` they change the labels, split and metadata of their tasks. The result of the job says "
        "how many of each there were; after a `dry_run` also which labels the project does not have (`unknown`).",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Keep the file and start the job that reads it."""
        user = actor(request)
        project = access.project_for(user, slug, Action.MANAGE)
        file = _file(request)
        with _as_parts():
            job = imports.start(
                actor=user, project=project, file=file, filename=file.name or "", options=_options(request)
            )
        return Response({"job": job.pk, "state": job.state}, status=202)


@contextmanager
def _as_parts() -> Iterator[None]:
    """Let problems with the options name the parts of the form that they came in."""
    try:
        yield
    except Invalid as error:
        error.problems = tuple(
            Problem(problem.path.removeprefix("options."), problem.message, problem.row) for problem in error.problems
        )
        raise


def _file(request: Request) -> UploadedFile:
    sent: list[UploadedFile] = request.FILES.getlist("file")
    if len(sent) != 1:
        message = "Send one file, as the part named “file” of a multipart form."
        raise Invalid(message, problems=[Problem("file", message)])
    return sent[0]


def _options(request: Request) -> dict[str, Any]:
    unknown = set(request.data) - set(PARTS)
    if unknown:
        raise Invalid(
            "The form has parts that are not known here.",
            problems=[Problem(name[:200], "This part is not known here.") for name in sorted(unknown)],
        )
    options: dict[str, Any] = {
        name: str(request.data[name]) for name in ("mode", "encoding", "delimiter") if request.data.get(name)
    }
    if "dry_run" in request.data:
        options["dry_run"] = _yes_or_no("dry_run", str(request.data["dry_run"]))
    for name in ("mapping", "values"):
        if request.data.get(name):
            options[name] = _decoded(name, str(request.data[name]))
    return options


def _decoded(name: str, sent: str) -> Any:
    try:
        return decode(sent.encode())
    except Invalid as error:
        raise Invalid(error.message, problems=[Problem(name, error.message)]) from None


def _yes_or_no(name: str, said: str) -> bool:
    known = {"true": True, "false": False}
    if said not in known:
        message = "Expected true or false."
        raise Invalid(message, problems=[Problem(name, message)])
    return known[said]
