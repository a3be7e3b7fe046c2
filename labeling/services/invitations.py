"""Handing invitations over: by mail, which proves the address, or as a link to pass on, which proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from labeling.services import limits, mail, people

if TYPE_CHECKING:
    from labeling.models import Invitation, Project, User


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation that was just made, and its link to pass on; there is none where it was mailed."""

    invitation: Invitation
    link: str


def invite_person(*, actor: User, project: Project, role: str, email: str, seen_at: str) -> Offer:
    """Invite an address by mail; without a mail server, or without an address, return a link to pass on by hand.

    Nothing here depends on whether somebody has an account with the address. A link that was mailed is shown to
    nobody: only then does opening it prove the address.
    """
    by_mail = bool(email.strip()) and mail.is_set_up()
    if by_mail:
        limits.INVITATIONS_OF_ADDRESS.count(people.clean_email(email))
    invitation, secret = people.invite(actor=actor, project=project, role=role, email=email)
    if by_mail and _mail_link(invitation, secret):
        invitation.mailed_at = timezone.now()
        invitation.save(update_fields=("mailed_at",))
        return Offer(invitation, link="")
    return Offer(invitation, link=link_of(secret, seen_at=seen_at))


def link_of(secret: str, *, seen_at: str) -> str:
    """Return the link of an invitation: at the site's address if that is set, else where its maker sees the site."""
    return (settings.SITE_URL_GIVEN or seen_at.rstrip("/")) + reverse("invitation", args=(secret,))


def _mail_link(invitation: Invitation, secret: str) -> bool:
    values = {"invitation": invitation, "link": link_of(secret, seen_at=settings.SITE_URL)}
    return mail.send_text(
        to=invitation.email,
        subject=f"Join “{invitation.project.name}” on dcai",
        body=render_to_string("labeling/people/invitation_mail.txt", values),
    )
