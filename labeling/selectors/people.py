"""Members of a project, invitations under way, and a person's own tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from labeling.errors import NotFound
from labeling.models import Annotation, ApiToken, Invitation, Membership, Role
from labeling.selectors.paging import Page, keyset

if TYPE_CHECKING:
    from labeling.models import Project, User

PAGE = 50
SORTS = {"person": "user__email", "joined": "created_at"}
"""What members can be sorted by."""


def members(project: Project, *, q: str = "", role: str = "", sort: str = "", cursor: str = "") -> Page[Membership]:
    """Return a page of members with the moment of their last answer (`last_answer_at`)."""
    latest = Annotation.objects.filter(project=project, annotator=OuterRef("user")).order_by("-updated_at")
    found = members_of(project)
    if q:
        found = found.filter(Q(user__email__icontains=q) | Q(user__name__icontains=q))
    if role in Role.values:
        found = found.filter(role=role)
    order = SORTS.get(sort.removeprefix("-"), "user__email")
    sign = "-" if sort.startswith("-") else ""
    found = found.annotate(last_answer_at=Subquery(latest.values("updated_at")[:1]))
    return keyset(found, order=sign + order, cursor=cursor, size=PAGE)


def members_of(project: Project) -> QuerySet[Membership]:
    """Return the people who are members of a project, with their accounts."""
    return Membership.objects.filter(project=project, user__is_service=False).select_related("user")


def managers_of(project: Project, *, size: int = 3) -> list[User]:
    """Return who manages a project and can be asked, the longest first."""
    found = members_of(project).filter(role=Role.MANAGER, user__is_active=True).order_by("pk")
    return [member.user for member in found[:size]]


def service_accounts_of(project: Project) -> QuerySet[Membership]:
    """Return the project's service accounts by name, with their tokens that were not revoked as `shown_tokens`."""
    kept = Prefetch("user__api_tokens", _unrevoked(ApiToken.objects.all()), to_attr="shown_tokens")
    found = Membership.objects.filter(project=project, user__is_service=True)
    return found.select_related("user").prefetch_related(kept).order_by("user__name")


def service_account(project: Project, membership_id: int) -> Membership:
    """Return one service account of the project."""
    found = Membership.objects.filter(project=project, pk=membership_id, user__is_service=True)
    member = found.select_related("user", "project").first()
    if member is None:
        raise NotFound
    return member


def member(project: Project, membership_id: int) -> Membership:
    """Return one member of the project."""
    found = members_of(project).filter(pk=membership_id).select_related("project").first()
    if found is None:
        raise NotFound
    return found


def member_by_address(project: Project, email: str) -> Membership | None:
    """Return the member of the project who has this address, if there is one."""
    return members_of(project).select_related("project").filter(user__email=email).first()


def open_invitations(project: Project, *, q: str = "", cursor: str = "", size: int = PAGE) -> Page[Invitation]:
    """Return a page of the invitations that can still be accepted, newest first."""
    found = unanswered_invitations(project).filter(expires_at__gt=timezone.now()).select_related("created_by")
    if q:
        found = found.filter(email__icontains=q)
    return keyset(found, order="-pk", cursor=cursor, size=size)


def unanswered_invitations(project: Project) -> QuerySet[Invitation]:
    """Return the invitations that nobody has accepted and nobody withdrew, those that ran out too."""
    return Invitation.objects.filter(project=project, accepted_at=None, revoked_at=None)


def invitation(project: Project, invitation_id: int) -> Invitation:
    """Return one invitation to the project."""
    found = Invitation.objects.filter(project=project, pk=invitation_id).select_related("project").first()
    if found is None:
        raise NotFound
    return found


def all_tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the person's tokens, revoked ones too."""
    return ApiToken.objects.filter(user=user)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the person's tokens that were not revoked, newest first, and of each whether it `has_ended`."""
    return _unrevoked(all_tokens_of(user))


def _unrevoked(found: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    ended = Q(expires_at__isnull=False, expires_at__lte=timezone.now())
    return found.filter(revoked_at=None).annotate(has_ended=ExpressionWrapper(ended, BooleanField())).order_by("-pk")
