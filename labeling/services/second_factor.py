"""The second factor: a code of an authenticator app (TOTP), or one of the recovery codes, after the password."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    validate_totp_code,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.db import transaction

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import User
from labeling.selectors import second_factor as second_factor_reads
from labeling.services import events

MAX_CODE = 20
WRONG = "This code is not right. Take the one that the app shows now, or a recovery code that you have not used."


@transaction.atomic
def turn_on_second_factor(*, user: User, secret: str, code: str) -> list[str]:
    """Ask for a code at every sign-in from now on; returns the recovery codes, which are shown once."""
    User.objects.select_for_update().get(pk=user.pk)
    if second_factor_reads.has_second_factor(user):
        message = "Your second factor is on already."
        raise Conflict(message)
    if len(code) > MAX_CODE or not validate_totp_code(secret, code):
        message = "This code is not right. Take the one that the app shows now; the clock of its device must be right."
        raise Invalid(message, problems=(Problem("code", message),))
    TOTP.activate(user, secret)
    events.record(verb="second_factor.on", project=None, actor=user)
    return _new_codes(user)


@transaction.atomic
def turn_off_second_factor(*, user: User, code: str) -> None:
    """Ask for no code any more; needs one last code, and a site that does not demand it."""
    if second_factor_reads.is_second_factor_demanded(user):
        message = "This site demands a second factor of you: it stays on."
        raise Conflict(message)
    _need_code(user, code)
    _authenticators(user).delete()
    events.record(verb="second_factor.off", project=None, actor=user)


@transaction.atomic
def renew_recovery_codes(*, user: User, code: str) -> list[str]:
    """Replace the recovery codes; returns the new ones, which are shown once."""
    _need_code(user, code)
    events.record(verb="second_factor.codes", project=None, actor=user)
    return _new_codes(user)


@transaction.atomic
def remove_second_factor(*, user: User) -> bool:
    """Take the second factor off somebody who lost it, as whoever runs the site; returns whether there was one."""
    there = second_factor_reads.has_second_factor(user)
    _authenticators(user).delete()
    if there:
        events.record(verb="second_factor.removed", project=None, actor=None, member=user.pk)
    return there


@transaction.atomic
def use_code(*, user: User, code: str) -> bool:
    """Return whether the code is the app's or a recovery code of this person; each is good once.

    What was used is written down in the database and not in the cache, so that it holds while Redis is away.
    """
    if len(code) > MAX_CODE:
        return False
    for kept in _authenticators(user).select_for_update():
        if _use_up(kept, code):
            kept.record_usage()
            return True
    return False


def _use_up(kept: Authenticator, code: str) -> bool:
    if kept.type == Authenticator.Type.RECOVERY_CODES:
        return bool(RecoveryCodes(kept).validate_code(code))
    secret = decrypt(kept.data["secret"])
    for counter in yield_hotp_counters_from_time():
        newer = counter > kept.data.get("last_counter", 0)
        if newer and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            kept.data["last_counter"] = counter
            kept.save(update_fields=("data",))
            return True
    return False


def _need_code(user: User, code: str) -> None:
    if not use_code(user=user, code=code):
        raise Invalid(WRONG, problems=(Problem("code", WRONG),))


def _new_codes(user: User) -> list[str]:
    _authenticators(user).filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def _authenticators(user: User) -> Any:
    return Authenticator.objects.filter(user_id=user.pk)
