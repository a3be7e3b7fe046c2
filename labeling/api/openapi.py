"""How endpoints describe themselves in the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel, ConfigDict, Field

from labeling.api.reading import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from labeling.api.reading import Query
    from labeling.models import Scope

PROBLEM_JSON = "application/problem+json"

_ERRORS = {
    400: "Something sent is not valid; `errors` names each path.",
    401: "No valid token and no session.",
    403: "Your role, or the scope of your token, does not allow this, or a browser's CSRF token is missing.",
    404: "It does not exist, or you are not a member of its project.",
    429: "Too many requests with tokens that are not valid came from your address; wait as long as `Retry-After` says.",
    500: "A fault of this site. Quote `instance`: it finds the request in the log.",
    503: "The database or the store of files is away; try again as `Retry-After` says.",
}
_HEADERS: dict[str, tuple[str, dict[str, Any], list[int] | bool]] = {
    "X-Request-ID": ("What the log calls this request; yours, where you sent one.", {"type": "string"}, True),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}, [401]),
    "Retry-After": ("After how many seconds to try again.", {"type": "integer", "minimum": 0}, [429, 503]),
}
"""Headers of answers: what they say, their type, and the statuses that have them (True: all)."""


def filled(longest: int, *, pattern: str = r"\S") -> dict[str, Any]:
    """Describe a text that may not be blank; the service that takes it says so in its own words."""
    return {"minLength": 1, "maxLength": longest, "pattern": pattern}


class ProblemEntry(BaseModel):
    """One thing that is wrong."""

    path: str = Field(description="Where, such as `schema.questions[0].labels[2].name`.")
    row: int | None = Field(description="Row of a file.")
    message: str = Field(description="What was wrong and what was expected.")


class ProblemDocument(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = Field(None, description="Quote this when you report a failure.")
    errors: list[ProblemEntry]


class Described(AutoSchema):
    """Describes the body of a DELETE too, for one asks for a confirmation, and that a file may not be left out."""

    def _get_request_body(self, direction: str = "request") -> Any:
        method, self.method = self.method, "POST" if self.method == "DELETE" else self.method
        try:
            described = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method
        if described and isinstance(self.get_request_serializer(), dict):
            described["required"] = True
        return described


class DescribedModel(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes a pydantic model: a body as it is read, an answer as it is written."""

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(self, *_: Any) -> str:
        """Return the name of the model, which no other one has."""
        # Models within models are known to the generator by their names alone.
        set_override(self.target, "suppress_collision_warning", value=True)
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: Any, _: str) -> dict[str, Any]:
        """Return the schema of the model, and register those of the models within it."""
        schema: dict[str, Any] = self.target.model_json_schema(
            ref_template="#/components/schemas/{model}",
            mode="validation" if issubclass(self.target, Body) else "serialization",
        )
        for name, part in schema.pop("$defs", {}).items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=part, object=name)  # type: ignore[no-untyped-call]
            )
        return schema


def needs_scope(scope: Scope) -> Callable[[Any], Any]:
    """Declare the scope that a token needs for a method of an endpoint. A method without it takes no tokens."""

    def declare(method: Any) -> Any:
        method.scope = scope
        return method

    return declare


def operation(
    identity: str,
    summary: str,
    *,
    tag: str,
    needs: Scope,
    returns: Mapping[Any, Any],
    body: type[Body] | dict[str, Any] | None = None,
    query: type[Query] | None = None,
    headers: dict[str, str] | None = None,
    answer_headers: dict[str, str] | None = None,
    example: Any = None,
    description: str = "",
    conflict: str = "",
) -> Callable[[Any], Any]:
    """Describe a method of an endpoint: its id, the scope it `needs`, what it takes and what it answers.

    `returns` maps a status, or a status and a content type, to the document of the answer; `answer_headers` are what
    the answers to what was asked have besides. `example` is a body.
    """
    responses: dict[Any, Any] = {
        code: OpenApiResponse(document, description=_DONE.get(code if isinstance(code, int) else code[0], ""))
        if document
        else OpenApiResponse(description="Done.")
        for code, document in returns.items()
    }
    failures = _ERRORS | ({409: conflict} if conflict else {})
    if body is not None:
        failures |= {413: "The body is larger than this site takes.", 415: "The body is of another content type."}
    for code, words in failures.items():
        responses[code, PROBLEM_JSON] = OpenApiResponse(ProblemDocument, description=words)
    described = extend_schema(
        operation_id=identity,
        summary=summary,
        description=description,
        tags=[tag],
        request=body,
        parameters=[*_query(query), *_headers(headers or {}), *_answer_headers(returns, answer_headers or {})],
        responses=responses,
        examples=[] if example is None else [OpenApiExample(summary, value=example, request_only=True)],
    )
    return lambda method: described(needs_scope(needs)(method))


_DONE = {200: "Done.", 201: "Created.", 202: "Accepted: a job does it."}


def _query(model: type[Query] | None) -> list[OpenApiParameter]:
    if model is None:
        return []
    schema = model.model_json_schema()
    return [
        OpenApiParameter(
            name=name,
            location=OpenApiParameter.QUERY,
            description=part.pop("description", ""),
            type={key: value for key, value in part.items() if key != "title"},
            required=name in schema.get("required", ()),
        )
        for name, part in schema["properties"].items()
    ]


def _answer_headers(returns: Mapping[Any, Any], own: dict[str, str]) -> list[OpenApiParameter]:
    done = [code if isinstance(code, int) else code[0] for code in returns]
    headers = _HEADERS | {name: (words, {"type": "string"}, done) for name, words in own.items()}
    return [
        OpenApiParameter(name=name, location=OpenApiParameter.HEADER, description=words, type=kind, response=codes)
        for name, (words, kind, codes) in headers.items()
    ]


_KEY = {"type": "string", "maxLength": 64, "pattern": "^[ -~]*$"}


def _headers(headers: dict[str, str]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(name=name, location=OpenApiParameter.HEADER, description=words, type=_KEY)
        for name, words in headers.items()
    ]
