"""People: roles in projects, and invitations."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.utils import timezone

from labeling import access
from labeling.access import Action
from labeling.errors import Conflict, Invalid, NotFound, Problem
from labeling.models import IMPORTED_DOMAIN, SERVICE_DOMAIN, Invitation, Membership, Project, Role, User
from labeling.services import claims, events, returns

if TYPE_CHECKING:
    from django.db.models import QuerySet

INVITATION_DAYS = 14
MAX_EMAIL = 254


def digest(secret: str) -> str:
    """Return what is kept of a token; tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def clean_email(raw: str) -> str:
    """Return the address in lower case, or raise `Invalid`."""
    email = raw.strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(MAX_EMAIL)(email)
    except ValidationError:
        message = f"“{raw[:100]}” is not an e-mail address."
        raise Invalid(message, problems=(Problem("email", message),)) from None
    if email.endswith(SERVICE_DOMAIN):
        message = f"{email} is the address of a service account, which belongs to one project and gets no mail."
        raise Invalid(message, problems=(Problem("email", message),))
    if email.endswith(IMPORTED_DOMAIN):
        message = f"{email} stands for a person of an imported study, who cannot be invited."
        raise Invalid(message, problems=(Problem("email", message),))
    return email


def clean_role(raw: str) -> Role:
    """Return the role of that name, or raise `Invalid`."""
    if raw not in Role.values:
        message = f"“{raw[:50]}” is no role. Expected one of {', '.join(Role.values)}."
        raise Invalid(message, problems=(Problem("role", message),))
    return Role(raw)


@transaction.atomic
def change_role(*, actor: User, member: Membership, role: str) -> Membership:
    """Give a member another role; a project keeps at least one manager."""
    chosen = clean_role(role)
    if member.role == chosen:
        return member
    _keep_a_manager(member)
    before, member.role = member.role, chosen
    member.save(update_fields=("role",))
    events.record(
        verb="member.changed", project=member.project, actor=actor, member=member.user_id, before=before, role=chosen
    )
    revoke_void_invitations(actor=actor, maker=member.user, project=member.project)
    if not access.may(member.user, member.project, Action.ANNOTATE):
        returns.free_slots(actor=actor, user=member.user, project=member.project)
    return member


@transaction.atomic
def remove_member(*, actor: User, member: Membership) -> None:
    """End a membership with all links that it made or that lead back to it; what the person answered stays."""
    _keep_a_manager(member)
    claims.release(actor=member.user, project=member.project)
    events.record(verb="member.removed", project=member.project, actor=actor, member=member.user_id, role=member.role)
    member.delete()
    returns.free_slots(actor=actor, user=member.user, project=member.project)
    revoke_void_invitations(actor=actor, maker=member.user, project=member.project)
    _revoke_invitations_to(member.user.email, actor=actor, project=member.project)


@transaction.atomic
def take_back_member(*, actor: User, project: Project, user_id: int, role: str) -> Membership:
    """Make somebody who was removed by mistake a member again, without asking them once more."""
    chosen = clean_role(role)
    user = User.objects.filter(pk=user_id, is_active=True, is_service=False).first()
    if user is None:
        raise NotFound
    member, created = Membership.objects.get_or_create(project=project, user=user, defaults={"role": chosen})
    if created:
        events.record(verb="member.added", project=project, actor=actor, member=user.pk, email=user.email, role=chosen)
    return member


def _keep_a_manager(member: Membership) -> None:
    managers = Membership.objects.select_for_update(of=("self",)).filter(
        project_id=member.project_id, role=Role.MANAGER, user__is_service=False
    )
    if member.role == Role.MANAGER and not any(other.pk != member.pk for other in managers):
        message = "A project needs a manager: make somebody else manager first."
        raise Conflict(message)


@transaction.atomic
def invite(*, actor: User, project: Project, role: str, email: str = "") -> tuple[Invitation, str]:
    """Make an invitation; returns it with its secret, which is shown in the link and kept nowhere.

    One to an address takes the place of those before it.
    """
    chosen = clean_role(role)
    address = clean_email(email) if email.strip() else ""
    if address:
        _revoke_invitations_to(address, actor=actor, project=project)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        project=project,
        email=address,
        role=chosen,
        digest=digest(secret),
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    events.record(
        verb="member.invited", project=project, actor=actor, invitation=invitation.pk, email=address, role=chosen
    )
    return invitation, secret


def invitation_of(secret: str) -> Invitation:
    """Return the invitation a link stands for, if it can still be accepted."""
    return _open_invitation(secret, Invitation.objects.all())


def _open_invitation(secret: str, invitations: QuerySet[Invitation]) -> Invitation:
    found = invitations.select_related("project", "created_by").filter(digest=digest(secret)).first()
    if (
        found is None
        or found.accepted_at is not None
        or found.revoked_at is not None
        or found.expires_at <= timezone.now()
        # Removed, demoted or switched off: who may not invite any more has not invited.
        or not access.may(found.created_by, found.project, Action.MANAGE)
    ):
        raise NotFound("This invitation was used, was withdrawn or has expired. Ask for a new one.")
    return found


@transaction.atomic
def accept(*, user: User, secret: str) -> Membership:
    """Make the person who opened the link a member; a link works once, and never lowers a role."""
    invitation = _open_invitation(secret, Invitation.objects.select_for_update(of=("self",)))
    if invitation.email and invitation.email != user.email:
        message = f"This invitation is for {invitation.email}; you are signed in as {user.email}."
        raise Invalid(message)
    if invitation.mailed_at is not None:
        prove_address(user=user)
    member, created = Membership.objects.get_or_create(
        project=invitation.project, user=user, defaults={"role": invitation.role}
    )
    if not created and Role.values.index(member.role) < Role.values.index(invitation.role):
        member.role = invitation.role
        member.save(update_fields=("role",))
    invitation.accepted_by = user
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=("accepted_by", "accepted_at"))
    events.record(verb="member.joined", project=invitation.project, actor=user, member=user.pk, role=member.role)
    return member


@transaction.atomic
def prove_address(*, user: User) -> None:
    """Keep that the address of an account is its owner's: a link that only its mailbox got was followed."""
    if user.verified_at is None:
        user.verified_at = timezone.now()
        user.save(update_fields=("verified_at",))
        events.record(verb="person.proved", project=None, actor=user, person=user.pk)


@transaction.atomic
def revoke_invitation(*, actor: User, invitation: Invitation) -> None:
    """Withdraw an invitation: its link stops working."""
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=("revoked_at",))
        events.record(verb="invitation.revoked", project=invitation.project, actor=actor, invitation=invitation.pk)


def _revoke_invitations_to(address: str, *, actor: User, project: Project) -> None:
    for invitation in Invitation.objects.filter(project=project, email=address, accepted_at=None, revoked_at=None):
        revoke_invitation(actor=actor, invitation=invitation)


@transaction.atomic
def revoke_void_invitations(*, actor: User, maker: User, project: Project | None = None) -> None:
    """Withdraw the open invitations of a person to projects (or one) in which they may not invite any more."""
    made = Invitation.objects.filter(created_by=maker, accepted_at=None, revoked_at=None)
    invited_to = [project] if project else Project.objects.filter(invitations__in=made).distinct()
    lost = [place for place in invited_to if not access.may(maker, place, Action.MANAGE)]
    for invitation in made.filter(project__in=lost).select_related("project"):
        revoke_invitation(actor=actor, invitation=invitation)
