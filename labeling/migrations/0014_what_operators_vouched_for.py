"""Addresses of administrators count as proved; links of those who may no longer invite are withdrawn."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone


def vouch_for_administrators(apps: Any, _: Any) -> None:
    """Who else showed that an address is theirs was kept nowhere: they show it again, by the next link they are mailed."""
    user = apps.get_model("labeling", "User")
    user.objects.filter(Q(is_staff=True) | Q(is_superuser=True), verified_at=None).update(verified_at=F("date_joined"))


def withdraw_void_invitations(apps: Any, _: Any) -> None:
    """Withdraw the open invitations of people who were removed, demoted or switched off since."""
    invitation = apps.get_model("labeling", "Invitation")
    membership = apps.get_model("labeling", "Membership")
    manages = membership.objects.filter(project=OuterRef("project"), user=OuterRef("created_by"), role="manager")
    may_invite = Q(created_by__is_active=True) & (Q(created_by__is_superuser=True) | Exists(manages))
    invitation.objects.filter(~may_invite, accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("labeling", "0013_proved_addresses")]

    operations = [
        migrations.RunPython(vouch_for_administrators, migrations.RunPython.noop),
        migrations.RunPython(withdraw_void_invitations, migrations.RunPython.noop),
    ]
