"""API tokens: what a program shows instead of a password, and what each is good for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling import access, statements
from labeling.errors import Invalid, NotFound, Problem
from labeling.models import ApiToken, Scope, User
from labeling.services import events
from labeling.services.people import digest

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project

TOKEN_PREFIX = "dcai_"  # noqa: S105 - how every token begins, so that leaked ones can be found
MAX_TOKENS = 50
LAST_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token that somebody showed and that is good: whose it is, for what, until when."""

    pk: int
    user: User
    scope: Scope
    expires_at: datetime | None

    def is_good_for(self, needed: Scope) -> bool:
        """Return whether the token's scope is the needed one, or includes it."""
        return Scope.values.index(self.scope) >= Scope.values.index(needed)


def clean_scope(raw: str) -> Scope:
    """Return the scope of that name, or raise `Invalid`."""
    if raw not in Scope.values:
        message = f"“{raw[:50]}” is no scope. Expected one of {', '.join(Scope.values)}."
        raise Invalid(message, problems=(Problem("scope", message),))
    return Scope(raw)


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scope: str,
    expires_at: datetime | None = None,
    shown: ShownToken | None = None,
    actor: User | None = None,
    project: Project | None = None,
) -> tuple[ApiToken, str]:
    """Make an API token; returns it with its secret, which is shown once and kept nowhere.

    One that is made by a program ends no later than the token that the program `shown`. The tokens of a service account
    of a `project` are made by a manager, the `actor`.
    """
    if actor is None:
        access.check_person(user, "make tokens")
    name = name.strip()
    if not name or len(name) > 100 or "\x00" in name:
        message = "Give the token a name of at most 100 characters, such as what it is for."
        raise Invalid(message, problems=(Problem("name", message),))
    chosen = clean_scope(scope)
    _check_end(expires_at, shown)
    if good_tokens(user).count() >= MAX_TOKENS:
        message = f"There are {MAX_TOKENS} tokens. Revoke one that is not used."
        raise Invalid(message, problems=(Problem("name", message),))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=secret[:10], digest=digest(secret), scope=chosen, expires_at=expires_at
    )
    told: dict[str, Any] = {"token": token.pk, "name": name, "scope": chosen, "member": user.pk}
    events.record(verb="token.issued", project=project, actor=actor or user, **told)
    return token, secret


def _check_end(expires_at: datetime | None, shown: ShownToken | None) -> None:
    message = ""
    if expires_at is not None and expires_at <= timezone.now():
        message = "A token ends in the future: choose a later time."
    elif shown and shown.expires_at and (expires_at is None or expires_at > shown.expires_at):
        message = f"A token made with a token ends no later than that one: {shown.expires_at.isoformat()}."
    if message:
        raise Invalid(message, problems=(Problem("expires_at", message),))


def good_tokens(user: User) -> QuerySet[ApiToken]:
    """Return the tokens that are neither revoked nor past their end."""
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), user=user, revoked_at=None)


@transaction.atomic
def revoke_token(*, user: User, token_id: int, actor: User | None = None, project: Project | None = None) -> ApiToken:
    """End one of the person's own tokens, or as the `actor` one of a service account of a `project`."""
    if actor is None:
        access.check_person(user, "revoke tokens")
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=("revoked_at",))
        told: dict[str, Any] = {"token": token.pk, "name": token.name, "member": user.pk}
        events.record(verb="token.revoked", project=project, actor=actor or user, **told)
    return token


_USER_COLUMNS = statements.Columns(User, "u")
_OF_TOKEN = f"""
SELECT t.id, t.scope, t.expires_at, t.last_used_at, {_USER_COLUMNS.sql}
FROM labeling_apitoken t JOIN labeling_user u ON u.id = t.user_id
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL
"""  # noqa: S608 - only names of columns are put in


def shown_token(secret: str) -> ShownToken | None:
    """Return the token of this secret if it is good, and note (to the minute) that it was used."""
    for pk, scope, expires_at, last_used_at, *columns in statements.run_statement(
        _OF_TOKEN, {"digest": digest(secret)}
    ):
        user, now = _USER_COLUMNS.build(columns), timezone.now()
        if not user.is_active or (expires_at is not None and expires_at <= now):
            return None
        if last_used_at is None or now - last_used_at > LAST_USED_STEP:
            ApiToken.objects.filter(pk=pk).update(last_used_at=now)
        return ShownToken(pk=pk, user=user, scope=Scope(scope), expires_at=expires_at)
    return None
