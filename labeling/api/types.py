"""Types that describe parts of documents: what is known only once every app has registered its kinds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Optional

from pydantic import BaseModel, Field, TypeAdapter, create_model
from pydantic_core import core_schema

from labeling.kinds.schema import ImageValue
from labeling.kinds.schema.described import answer_type, schema_type
from labeling.models import JobErrors
from labeling.reasons.registry import REASONS
from labeling.services import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class DescribedAs:
    """Describes a value that others check by a type that is made when the document is."""

    make: Callable[[], Any]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema of that type; a model keeps its name."""
        made = TypeAdapter(self.make()).core_schema
        if name := made.get("ref"):
            made = core_schema.definitions_schema(core_schema.definition_reference_schema(name), [made])
        return handler(made)


class ImageDocument(ImageValue):
    """An image of a task."""

    url: str = Field(description="At most 1600 pixels, as WebP.")
    thumb: str = Field(description="At most 256 pixels, as WebP.")
    original: str = Field(description="The file as it came.")


class ImageSent(BaseModel):
    """An image that the project has already."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


def _job_result() -> type[BaseModel]:
    """Return what the results of all kinds of jobs may have: a job has those keys that its kind writes."""
    keys: dict[str, Any] = {}
    results: list[type[BaseModel]] = [JobErrors, *(kind.result for kind in jobs.known_kinds().values())]
    for result in results:
        keys |= {name: (Optional.__getitem__(part.annotation), None) for name, part in result.model_fields.items()}
    return create_model("JobResult", __doc__="What a job did; its kind says which keys there are.", **keys)


def _name_job_kinds(schema: dict[str, Any]) -> None:
    schema["enum"] = list(jobs.known_kinds())


def _name_reasons(schema: dict[str, Any]) -> None:
    schema["enum"] = list(REASONS)


Answer = Annotated[Any, DescribedAs(answer_type)]
"""What is answered to one question, or its label."""

AnyAnswer = Annotated[Any, DescribedAs(lambda: answer_type() | None)]
"""The same, or nothing."""

AnyAnswers = Annotated[Any, DescribedAs(lambda: answer_type() | dict.__class_getitem__((str, answer_type())) | None)]
"""The same, or answers by question."""

Answers = dict[str, Answer]
"""Answers by question."""

AnswersSent = dict[str, AnyAnswer]
"""The same, as they are sent: null is no answer."""

SchemaSent = Annotated[Any, DescribedAs(lambda: schema_type(sent=True))]
SchemaShown = Annotated[dict[str, Any], DescribedAs(lambda: schema_type(sent=False))]

JobKind = Annotated[str, Field(json_schema_extra=_name_job_kinds)]
JobResult = Annotated[dict[str, Any], DescribedAs(cache(_job_result))]
ReasonName = Annotated[str, Field(json_schema_extra=_name_reasons)]
