"""Claims of tasks: taking them from the queue, keeping them, giving them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.reading import Body, Ids, body
from labeling.api.tasks import TAG, TaskDocument
from labeling.models import Scope
from labeling.selectors import explorer as explorer_reads
from labeling.selectors import progress as progress_reads
from labeling.selectors import queues as queue_reads
from labeling.selectors import tasks as task_reads
from labeling.services import claims
from labeling.services.explorer import MAX_QUERY as MAX_FILTER

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import Project, User


class ClaimDocument(BaseModel):
    """What a claim handed out."""

    tasks: list[TaskDocument]
    remaining: int = Field(description="How many more you could take; counting stops early.")
    lease_seconds: int
    alike_to: int | None = Field(
        description="With `alike`: the task that the others are like; null where nothing tells what is alike."
    )


class StandingDocument(BaseModel):
    """Where you stand in a project."""

    left: int = Field(description="Tasks that wait for you, exactly: those you hold and those sent back included.")
    answered: int = Field(description="Tasks you answered or skipped.")
    today: int = Field(description="Those of them since midnight, in the site's time.")


class RenewalDocument(BaseModel):
    """Which leases were extended, and which were lost before."""

    renewed: list[int]
    lost: list[int]


class ReleaseDocument(BaseModel):
    """Which leases were given back."""

    released: list[int]


class ClaimRequest(Body):
    """How many tasks to take."""

    count: Annotated[int, Field(ge=1, le=10_000, description=f"At most {claims.MAX_CLAIM} are handed out at once.")] = 1
    held: bool = Field(default=False, description="Return the tasks you hold already first; they count.")
    filter: str = Field(
        "",
        max_length=MAX_FILTER,
        description="Only tasks that fit: the part of the explorer's address after the `?`, such as "
        "`q=refund&state=open` or `tasks=7,12`. Conditions that tell what others said of a task (its labels, flags, "
        "people) are for reviewers.",
    )
    alike: bool = Field(
        default=False,
        description="To be answered together: the next task and those most like it, no more than your fair share of "
        f"what is open and {claims.MAX_ALIKE} in all.",
    )
    sending: int = Field(
        0, ge=0, le=10_000, description="With `alike`: so many of those you hold you have answered and are sending now."
    )


class HeldTasks(Body):
    """Tasks you hold."""

    tasks: Ids


class ReleaseRequest(Body):
    """Tasks to give back; none named: all you hold in the project."""

    tasks: Ids = []


class Claims(Endpoint):
    """Taking tasks from the queue."""

    @operation(
        "claims_left", "Read how much is left for you", tag=TAG, needs=Scope.READ, returns={200: StandingDocument}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return where the person stands: counted to the end, so not for every claim."""
        user = actor(request)
        project = access.project_for(user, slug, Action.ANNOTATE)
        standing = queue_reads.standing_of(user, project)
        today = progress_reads.answered_today(project, user)
        return Response({"left": standing.left, "answered": standing.answered, "today": today})

    @operation(
        "claims_create",
        "Claim tasks to label",
        tag=TAG,
        needs=Scope.LABEL,
        body=ClaimRequest,
        example={"count": 5},
        returns={200: ClaimDocument},
        description="Leases tasks that you have neither answered nor hold. Nobody else gets the same slot of a task. "
        "What was sent back to you comes first, beyond `count`; with a filter, if it fits.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Lease the next tasks to the person."""
        user = actor(request)
        project = access.project_for(user, slug, Action.ANNOTATE)
        sent = body(request, ClaimRequest)
        claim = _claim(user, project, sent)
        return Response(
            {
                "tasks": task_reads.documents(project=project, user=user, task_ids=claim.task_ids),
                "remaining": claim.remaining,
                "lease_seconds": project.lease_seconds,
                "alike_to": claim.alike_to,
            }
        )


def _claim(user: User, project: Project, sent: ClaimRequest) -> claims.Claim:
    if not sent.filter:
        return claims.claim(
            actor=user, project=project, count=sent.count, held=sent.held, alike=sent.alike, sending=sent.sending
        )
    reviewer = access.may(user, project, Action.REVIEW)
    wanted = explorer_reads.parse_queue_filter(sent.filter, reviewer=reviewer)
    return claims.claim_fitting(
        actor=user,
        project=project,
        wanted=wanted,
        count=sent.count,
        held=sent.held,
        alike=sent.alike,
        sending=sent.sending,
    )


class Renewals(Endpoint):
    """Holding tasks for longer."""

    @operation(
        "claims_renew",
        "Renew leases",
        tag=TAG,
        needs=Scope.LABEL,
        body=HeldTasks,
        example={"tasks": [7, 8]},
        returns={200: RenewalDocument},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Extend the leases that the person still holds."""
        project = access.project_for(actor(request), slug, Action.ANNOTATE)
        asked = body(request, HeldTasks).tasks
        renewed = claims.renew(actor=actor(request), project=project, task_ids=asked)
        return Response({"renewed": renewed, "lost": sorted(set(asked) - set(renewed))})


class Releases(Endpoint):
    """Giving tasks back."""

    @operation(
        "claims_release",
        "Give leases back",
        tag=TAG,
        needs=Scope.LABEL,
        body=ReleaseRequest,
        returns={200: ReleaseDocument},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put the tasks back into the queue."""
        project = access.project_for(actor(request), slug, Action.ANNOTATE)
        asked = body(request, ReleaseRequest).tasks
        return Response({"released": claims.release(actor=actor(request), project=project, task_ids=asked)})
