"""The API described: the OpenAPI document, and a page of our own made from it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from labeling.api.endpoint import Endpoint
from labeling.api.openapi import needs_scope
from labeling.models import Scope

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.utils.safestring import SafeString
    from rest_framework.request import Request

METHODS = ("get", "post", "put", "patch", "delete")
_making = threading.Lock()


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document; it changes only with the code."""
    # drf-spectacular puts its extensions together while it makes its first document, which two threads cannot share.
    with _making:
        return _make_openapi()


@lru_cache(maxsize=1)
def _make_openapi() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def marked(text: str) -> SafeString:
    """Return a description with what stands in backticks as code."""
    pieces = re.split(r"`([^`]+)`", text)
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", piece) if position % 2 else piece,) for position, piece in enumerate(pieces)),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, or a key of a JSON object."""

    name: str
    type: str
    required: bool
    description: SafeString
    place: str = ""


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """What an operation can answer."""

    status: str
    description: SafeString
    keys: list[Part]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as the page shows it."""

    identity: str
    method: str
    path: str
    summary: str
    description: SafeString
    scope: str
    parameters: list[Part]
    content_type: str
    body: list[Part]
    answers: list[DocumentedAnswer]


def groups() -> dict[str, list[Operation]]:
    """Return the operations by tag, in the order of the addresses."""
    document = openapi()
    grouped: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if found := methods.get(method):
                grouped.setdefault(found["tags"][0], []).append(_operation(document, path, method, found))
    return grouped


def _operation(document: dict[str, Any], path: str, method: str, found: dict[str, Any]) -> Operation:
    bodies: dict[str, Any] = found.get("requestBody", {}).get("content", {})
    content_type = next(iter(bodies), "")
    return Operation(
        identity=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found.get("summary", ""),
        description=marked(found.get("description", "")),
        scope=next(scopes[0] for way in found["security"] for scopes in way.values() if scopes),
        parameters=[
            Part(
                entry["name"],
                _type(entry["schema"]),
                entry.get("required", False),
                marked(entry.get("description", "")),
                entry["in"],
            )
            for entry in found.get("parameters", [])
        ],
        content_type=content_type,
        body=_keys(document, bodies[content_type].get("schema", {})) if bodies else [],
        answers=[
            DocumentedAnswer(status, marked(entry.get("description", "")), _answer_keys(document, entry))
            for status, entry in found["responses"].items()
        ],
    )


def _answer_keys(document: dict[str, Any], answer: dict[str, Any]) -> list[Part]:
    content: dict[str, Any] = answer.get("content", {}).get("application/json", {})
    return _keys(document, content.get("schema", {}))


def _keys(document: dict[str, Any], schema: dict[str, Any]) -> list[Part]:
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    needed = schema.get("required", ())
    return [
        Part(name, _type(part), name in needed, marked(part.get("description", "")))
        for name, part in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    """Name a JSON schema in a few words."""
    if reference := schema.get("$ref"):
        return str(reference.rpartition("/")[2])
    if options := schema.get("enum"):
        return " | ".join(f'"{option}"' for option in options if option != "")
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(_type(option) for option in options))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any JSON")


class OpenApi(Endpoint):
    """The OpenAPI document, for programs."""

    permission_classes = (AllowAny,)

    @needs_scope(Scope.READ)
    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return OpenAPI 3.1 as JSON."""
        return Response(openapi())


class Docs(Endpoint):
    """The same for people."""

    permission_classes = (AllowAny,)

    @needs_scope(Scope.READ)
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Show every operation with what it takes and answers."""
        context = {
            "groups": groups(),
            "frame": "base.html" if request.user.is_authenticated else "labeling/api/frame.html",
            "site": request.build_absolute_uri("/").rstrip("/"),
        }
        return render(request._request, "labeling/api/docs.html", context)
