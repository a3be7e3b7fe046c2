"""Accounts: joining by an invitation, and what people keep about themselves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from celery import current_app
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import ApiToken, User
from labeling.services import events, mail, people, second_factor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from django.http import HttpRequest

    from labeling.models import Invitation, Membership

logger = logging.getLogger(__name__)

MAIL_PASSWORD_LINK = "labeling.mail_password_link"  # noqa: S105 - the name of a Celery task
MAX_NAME = 150


@transaction.atomic
def join(*, secret: str, email: str, name: str, password: str) -> Membership:
    """Make an account and accept the invitation with it. An address that has an account signs in instead.

    A mailed invitation takes an account over whose address nobody had proved: whoever made it may not have been asked.
    """
    invitation = people.invitation_of(secret)
    email = invitation.email or people.clean_email(email)
    user, new = User.objects.select_for_update().get_or_create(email=email)
    if not new:
        if not _may_take_over(user, invitation):
            message = (
                "There is an account with this e-mail address already. Sign in with it, then open the link again. If "
                "you never made one, ask the person who runs this site."
            )
            raise Conflict(message)
        end_ways_in(user=user)
    user.name = _clean_name(name)
    _choose_password(user, password)
    events.record(verb="person.joined", project=None, actor=user, person=user.pk)
    return people.accept(user=user, secret=secret)


def _may_take_over(user: User, invitation: Invitation) -> bool:
    """Whether joining may set the password of an account that is there: nothing that was given to a person is had."""
    if user.verified_at or user.is_staff or user.is_superuser or user.is_service or not user.is_active:
        return False
    if invitation.mailed_at:
        return True
    # Named in a file that was imported, and never more than a name.
    entered = user.last_login is not None or user.has_usable_password()
    return not (entered or user.memberships.exists() or user.api_tokens.exists())


def _choose_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = tuple(Problem("password", text) for text in error.messages)
        raise Invalid("Choose another password.", problems=problems) from error
    user.set_password(password)
    user.save()


@transaction.atomic
def change_password(*, user: User, password: str, tokens_too: bool) -> None:
    """Set a password of one's own choice: ends other sessions, and tokens if that is wanted."""
    user.set_password(password)
    user.save(update_fields=("password",))
    if tokens_too:
        end_tokens(user=user)
    events.record(verb="person.password_changed", project=None, actor=user, person=user.pk)


@transaction.atomic
def set_password_by_link(*, user: User, password: str) -> None:
    """Set a password by a link that was mailed: ends every session and token, and proves the address."""
    user.set_password(password)
    user.save(update_fields=("password",))
    end_ways_in(user=user)
    people.prove_address(user=user)
    events.record(verb="person.password_reset", project=None, actor=user, person=user.pk)


@transaction.atomic
def hand_over_account(*, user: User) -> None:
    """Keep that an administrator set somebody's password: who gets it is vouched for, and older tokens end."""
    end_ways_in(user=user)
    if user.has_usable_password():
        people.prove_address(user=user)


@transaction.atomic
def end_ways_in(*, user: User) -> None:
    """End what a person may have left to come in by: tokens, and accounts at providers.

    A second factor stays, since a mailed link alone must not get past it; but not one of somebody who never proved the
    address, and who would lock out whose it is.
    """
    end_tokens(user=user)
    SocialAccount.objects.filter(user=user).delete()
    if user.verified_at is None:
        second_factor.remove_second_factor(user=user)


@transaction.atomic
def end_tokens(*, user: User) -> None:
    """End all API tokens of a person."""
    if ended := ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now()):
        events.record(verb="token.all_revoked", project=None, actor=user, person=user.pk, tokens=ended)


@transaction.atomic
def rename(*, user: User, name: str) -> None:
    """Change the name that others see; empty shows the e-mail address."""
    user.name = _clean_name(name)
    user.save(update_fields=("name",))
    events.record(verb="person.renamed", project=None, actor=user, name=user.name)


def tried_address(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str | None:
    """Return whose account somebody tries to enter, as accounts are looked up (for the limit on failures)."""
    sent = credentials.get("username") if credentials else request.POST.get("username") if request else None
    return None if sent is None else str(sent).strip().lower()[:255]


def ask_for_password_link(*, email: str) -> None:
    """Have a worker mail a link for a new password, if there is an account with this address.

    Nothing about the account is looked up here, and the message to the worker holds no secret.
    """
    try:
        current_app.tasks[MAIL_PASSWORD_LINK].apply_async(args=(email,), queue="default")
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
        logger.warning("a mail could not be handed to a worker and is sent at once: %s", type(error).__name__)
        mail_password_link(email=email)


def mail_password_link(*, email: str) -> None:
    """Mail a link for a new password; also to invited people, who have none yet."""
    user = User.objects.filter(email=email, is_active=True, is_service=False).first()
    if user is None:
        return
    values = {
        "email": user.email,
        "site": settings.SITE_URL,
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    mail.send_text(
        to=user.email,
        subject=render_to_string("labeling/account/password_reset_subject.txt"),
        body=render_to_string("labeling/account/password_reset_mail.txt", values),
    )


def _clean_name(raw: str) -> str:
    name = " ".join(raw.split())
    if len(name) > MAX_NAME or "\x00" in name:
        message = f"A name has at most {MAX_NAME} characters."
        raise Invalid(message, problems=(Problem("name", message),))
    return name
