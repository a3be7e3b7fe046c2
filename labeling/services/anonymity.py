"""Taking a person's name off what they did: the answers and labels stay, who gave them is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from labeling.errors import Conflict
from labeling.models import (
    ApiToken,
    Invitation,
    Lease,
    Membership,
    Notice,
    Project,
    ReviewLease,
    Role,
    SavedFilter,
    User,
)
from labeling.selectors.personal_data import SIGN_INS
from labeling.services import claims, events, returns

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = "anonymous.invalid"

# Events never change, with this one exception: the address and the name of who wants to be forgotten.
_FORGET = (
    # A table with checks that still wait cannot be altered.
    "SET CONSTRAINTS ALL IMMEDIATE",
    "ALTER TABLE labeling_event DISABLE TRIGGER labeling_event_fixed",
    """
    UPDATE labeling_event SET payload = jsonb_set(payload, '{email}', to_jsonb(%(new)s::text))
    WHERE payload->>'email' = %(old)s
    """,
    # Their own name, and those they gave to what was theirs alone.
    """
    UPDATE labeling_event SET payload = payload - 'name'
    WHERE actor_id = %(person)s AND verb IN ('person.renamed', 'token.issued', 'filter.saved', 'filter.deleted')
    """,
    "ALTER TABLE labeling_event ENABLE TRIGGER labeling_event_fixed",
    "SET CONSTRAINTS ALL DEFERRED",
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a person is called from now on, and what was ended."""

    name: str
    memberships: int
    tokens: int
    sessions: int
    invitations: int


@transaction.atomic
def anonymize(*, user: User, actor: User | None = None) -> Forgotten:
    """Replace name and address, and end every way in; a project or a site is not left without who runs it."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _stay_in_charge(user)
    old, new, name = user.email, f"person-{user.pk}@{DOMAIN}", f"Person {user.pk}"
    with connection.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement, {"old": old, "new": new, "person": user.pk} if "%(" in statement else None)
    for project in Project.objects.filter(pk__in=Lease.objects.filter(user=user).values("project")):
        claims.release(actor=user, project=project)
    returns.free_slots(actor=actor, user=user)
    ReviewLease.objects.filter(user=user).delete()
    done = Forgotten(
        name=name,
        memberships=Membership.objects.filter(user=user).delete()[0],
        tokens=ApiToken.objects.filter(user=user).delete()[0],
        sessions=_end_sessions(user),
        invitations=_withdraw_invitations(user),
    )
    for kept in (Notice, SavedFilter, Authenticator, SocialAccount):
        kept.objects.filter(user=user).delete()
    for sign_ins in SIGN_INS:
        sign_ins.objects.filter(username__iexact=old).delete()
    person = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=person, object_id=str(user.pk)).update(object_repr=name, change_message="")
    user.email, user.name, user.preferences = new, name, {}
    user.is_active = user.is_staff = user.is_superuser = False
    user.groups.clear()
    user.user_permissions.clear()
    user.last_login = user.verified_at = None
    user.set_unusable_password()
    user.save()
    events.record(verb="person.anonymized", project=None, actor=actor, member=user.pk)
    return done


def _stay_in_charge(user: User) -> None:
    if user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        message = "This is the only administrator of the site: make somebody else one first."
        raise Conflict(message)
    managed = Membership.objects.select_for_update(of=("self",)).filter(
        project__memberships__user=user,
        project__memberships__role=Role.MANAGER,
        role=Role.MANAGER,
        user__is_service=False,
    )
    others = {member.project_id for member in managed if member.user_id != user.pk}
    alone = Project.objects.filter(memberships__user=user, memberships__role=Role.MANAGER).exclude(pk__in=others)
    if names := ", ".join(f"“{project.name}”" for project in alone[:10]):
        message = f"Nobody else manages {names}: make somebody else manager first, or delete the project."
        raise Conflict(message)


def _end_sessions(user: User) -> int:
    return sum(session.delete()[0] for session in _sessions(user))


def _sessions(user: User) -> Iterator[Session]:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            yield session


def _withdraw_invitations(user: User) -> int:
    mine = Invitation.objects.filter(Q(email=user.email) | Q(created_by=user))
    ended = mine.filter(accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())
    Invitation.objects.filter(email=user.email).update(email="")
    return ended
