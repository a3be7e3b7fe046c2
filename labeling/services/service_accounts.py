"""Service accounts: accounts of programs in one project, which are no persons and come in with tokens only."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import SERVICE_DOMAIN, ApiToken, Membership, User
from labeling.services import events, tokens
from labeling.services.people import clean_role

if TYPE_CHECKING:
    from datetime import datetime

    from labeling.models import Project

MAX_NAME = 100
MAX_ACCOUNTS = 50


@transaction.atomic
def create_service_account(*, actor: User, project: Project, name: str, role: str) -> Membership:
    """Make an account for a program, with a role in this project and in no other; it has no tokens yet."""
    chosen, name = clean_role(role), " ".join(name.split())
    if not name or len(name) > MAX_NAME or "\x00" in name:
        message = f"Give it a name of at most {MAX_NAME} characters, such as the program that uses it."
        raise Invalid(message, problems=(Problem("name", message),))
    of_project = Membership.objects.filter(project=project, user__is_service=True)
    if of_project.filter(user__name=name).exists():
        message = f"There is a service account “{name}” already."
        raise Invalid(message, problems=(Problem("name", message),))
    if of_project.count() >= MAX_ACCOUNTS:
        message = f"A project has at most {MAX_ACCOUNTS} service accounts."
        raise Invalid(message)
    email = f"{slugify(name)[:60]}-{secrets.token_hex(6)}{SERVICE_DOMAIN}".lstrip("-")
    account = User.objects.create_user(email, None, name=name, is_service=True)
    member = Membership.objects.create(project=project, user=account, role=chosen)
    events.record(verb="service.created", project=project, actor=actor, member=account.pk, name=name, role=chosen)
    return member


@transaction.atomic
def switch_service_account(*, actor: User, member: Membership, on: bool) -> None:
    """Switch a service account off, which ends all its tokens at once, or on again, without those tokens."""
    account = User.objects.select_for_update().get(pk=member.user_id)
    if account.is_active == on:
        return
    account.is_active = on
    account.save(update_fields=("is_active",))
    if not on:
        for token in tokens.good_tokens(account):
            tokens.revoke_token(user=account, token_id=token.pk, actor=actor, project=member.project)
    verb = "service.switched_on" if on else "service.switched_off"
    events.record(verb=verb, project=member.project, actor=actor, member=account.pk, name=account.name)


@transaction.atomic
def issue_service_token(
    *, actor: User, member: Membership, name: str, scope: str, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token of a service account; returns it with its secret, which is shown once and kept nowhere."""
    account = User.objects.select_for_update().get(pk=member.user_id)
    if not account.is_active:
        message = f"{account} is switched off: switch it on first."
        raise Conflict(message)
    return tokens.issue_token(
        user=account, name=name, scope=scope, expires_at=expires_at, actor=actor, project=member.project
    )


def revoke_service_token(*, actor: User, member: Membership, token_id: int) -> ApiToken:
    """End a token of a service account."""
    return tokens.revoke_token(user=member.user, token_id=token_id, actor=actor, project=member.project)
