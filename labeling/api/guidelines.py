"""The guideline as people read it beside an item."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.models import Scope
from labeling.selectors import guidelines as guideline_reads

if TYPE_CHECKING:
    from rest_framework.request import Request


class GuidelineEntry(BaseModel):
    """What the guideline says about one label."""

    question: str
    label: str
    definition_html: str
    use_when_html: str
    not_when_html: str


class GuidelineDocument(BaseModel):
    """The published guideline."""

    version: int = Field(description="0: none was published.")
    published_at: datetime | None
    change_note: str
    html: str = Field(description="Sanitized.")
    labels: list[GuidelineEntry]


class Guideline(Endpoint):
    """A project's guideline."""

    @operation(
        "guideline_read", "Read the guideline", tag="Projects", needs=Scope.READ, returns={200: GuidelineDocument}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the version that holds now."""
        project = access.project_for(actor(request), slug, Action.VIEW)
        return Response(guideline_reads.as_document(guideline_reads.newest(project)))
