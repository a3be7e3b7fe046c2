"""Second factors: who has one, and of whom this site demands one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings

from labeling.models import Membership, Role

if TYPE_CHECKING:
    from labeling.models import User

NOBODY, MANAGERS, ALL = "", "managers", "all"


def has_second_factor(user: User) -> bool:
    """Return whether signing in asks this person for a code."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def codes_left(user: User) -> int:
    """Return how many recovery codes the person has not used."""
    kept = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(kept).get_unused_codes()) if kept else 0


def is_second_factor_demanded(user: User) -> bool:
    """Return whether the site demands a second factor of this person (`DCAI_SECOND_FACTOR`)."""
    if settings.SECOND_FACTOR == MANAGERS:
        return user.is_superuser or Membership.objects.filter(user_id=user.pk, role=Role.MANAGER).exists()
    return bool(settings.SECOND_FACTOR == ALL)
