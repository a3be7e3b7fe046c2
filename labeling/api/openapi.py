"""How endpoints describe themselves in the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from labeling.api.reading import Body, Query
    from labeling.models import Scope

PROBLEM_JSON = "application/problem+json"

_ERRORS = {
    400: "Something sent is not valid; `errors` names each path.",
    401: "No valid token and no session.",
    403: "Your role, or the scope of your token, does not allow this, or a browser's CSRF token is missing.",
    404: "It does not exist, or you are not a member of its project.",
    429: "Too many requests with tokens that are not valid came from your address; wait as long as `Retry-After` says.",
}


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
    """Describes the body of a DELETE too: one asks for a confirmation."""

    def _get_request_body(self, direction: str = "request") -> Any:
        if self.method != "DELETE":
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"


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
    description: str = "",
    conflict: str = "",
) -> Callable[[Any], Any]:
    """Describe a method of an endpoint: its id, the scope it `needs`, what it takes and what it answers.

    `returns` maps a status, or a status and a content type, to the document of the answer.
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
        parameters=[*_query(query), *_headers(headers or {})],
        responses=responses,
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


_KEY = {"type": "string", "maxLength": 64, "pattern": "^[ -~]*$"}


def _headers(headers: dict[str, str]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(name=name, location=OpenApiParameter.HEADER, description=words, type=_KEY)
        for name, words in headers.items()
    ]
