"""People who come in by an OpenID Connect provider: whose account they get, and who gets a new one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from labeling import access
from labeling.access import Action
from labeling.errors import Forbidden
from labeling.models import Invitation, User
from labeling.services import accounts, events, people


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a provider says about somebody; `verified` is true only where it says that it has checked the address."""

    email: str
    name: str
    verified: bool


@transaction.atomic
def account_for_introduced(introduced: Introduction) -> User:
    """Return the account of somebody who comes from the provider for the first time, or a new one.

    An account that is there is joined only if both sides have proved the address: the provider, and whoever made the
    account. Else somebody could wait here under another's address, or come in under it from there.
    """
    name, email = settings.OIDC_NAME, people.clean_email(introduced.email)
    user = User.objects.select_for_update().filter(email=email).first()
    if user is None:
        return _new_account(introduced, email)
    if not introduced.verified:
        message = f"{name} does not say that {email} is yours, so it does not open the account with this address."
        raise Forbidden(message)
    if user.is_service or not user.is_active:
        raise Forbidden("This account is switched off. Ask the person who runs this site.")
    if user.verified_at is None:
        message = (
            f"There is an account with the address {email}, but nobody has proved yet that it is theirs. Choose "
            f"“Forgot your password?” on the sign-in page; after the link in that mail you can come in with {name}."
        )
        raise Forbidden(message)
    events.record(verb="person.connected", project=None, actor=user, person=user.pk)
    return user


def _new_account(introduced: Introduction, email: str) -> User:
    if not (settings.OIDC_SIGN_UP or (introduced.verified and _is_invited(email))):
        message = f"There is no account with the address {email}. Ask a manager of your project to invite you."
        raise Forbidden(message)
    user = User.objects.create_user(email, None, name=" ".join(introduced.name.split())[: accounts.MAX_NAME])
    events.record(verb="person.joined", project=None, actor=user, person=user.pk)
    if introduced.verified:
        people.prove_address(user=user)
    return user


def _is_invited(email: str) -> bool:
    """Return whether an invitation to this address waits, of somebody who may still invite."""
    waiting = Invitation.objects.filter(
        email=email, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    ).select_related("project", "created_by")
    return any(access.may(invitation.created_by, invitation.project, Action.MANAGE) for invitation in waiting)
