"""Claims of flags: taking them to decide, keeping them, giving them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.flags import ORDER_WORDS, TAG, FlagDocument, asked_filter, documents, name_orders, name_reasons
from labeling.api.openapi import operation
from labeling.api.reading import Body, Ids, body
from labeling.models import Scope
from labeling.selectors import reviews as review_reads
from labeling.services import reviews

if TYPE_CHECKING:
    from rest_framework.request import Request


class ReviewClaimDocument(BaseModel):
    """The flags that are yours to decide for a while, in the order asked for."""

    flags: list[FlagDocument]
    lease_seconds: int


class ReviewRenewal(BaseModel):
    """Which flags are still yours, and which are not: decided, or taken by somebody else."""

    renewed: list[int]
    lost: list[int]


class ReviewRelease(BaseModel):
    """How many tasks were given back."""

    released: int


class ClaimFlags(Body):
    """How many flags to take, and which."""

    count: Annotated[int, Field(ge=1, le=reviews.MAX_CLAIM)] = 1
    reason: str = Field("", max_length=20, json_schema_extra=name_reasons)
    question: str = Field("", max_length=64)
    given: str = Field("", max_length=200)
    suggested: str = Field("", max_length=200)
    order: str = Field("", max_length=20, json_schema_extra=name_orders, description=ORDER_WORDS)


class HeldFlags(Body):
    """Flags you hold."""

    flags: Ids


class ReleaseFlags(Body):
    """Flags to give back; none named: all you hold in the project."""

    flags: Ids = []


class FlagClaims(Endpoint):
    """Taking flags to decide."""

    @operation(
        "flags_claim",
        "Take flags to decide",
        tag=TAG,
        needs=Scope.LABEL,
        body=ClaimFlags,
        returns={200: ReviewClaimDocument},
        description="Nobody else is handed them, or others about the same tasks, until they are decided or given back, "
        "or the lease runs out.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Lease the first flags that nobody looks at."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        sent = body(request, ClaimFlags)
        wanted = review_reads.parse_flag_filter(project, asked_filter(sent))
        found = reviews.claim(actor=actor(request), project=project, count=sent.count, wanted=wanted)
        return Response({"flags": documents(found), "lease_seconds": project.lease_seconds})


class FlagRenewals(Endpoint):
    """Keeping flags."""

    @operation(
        "flags_renew", "Keep flags longer", tag=TAG, needs=Scope.LABEL, body=HeldFlags, returns={200: ReviewRenewal}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Extend leases."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        sent = body(request, HeldFlags)
        renewed = reviews.renew(actor=actor(request), project=project, flag_ids=sent.flags)
        return Response({"renewed": renewed, "lost": sorted(set(sent.flags) - set(renewed))})


class FlagReleases(Endpoint):
    """Giving flags back."""

    @operation(
        "flags_release", "Give flags back", tag=TAG, needs=Scope.LABEL, body=ReleaseFlags, returns={200: ReviewRelease}
    )
    def post(self, request: Request, slug: str) -> Response:
        """End leases."""
        project = access.project_for(actor(request), slug, Action.REVIEW)
        sent = body(request, ReleaseFlags)
        released = reviews.release(actor=actor(request), project=project, flag_ids=sent.flags)
        return Response({"released": released})
