"""Mail for invitations."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from labeling.models import Invitation

logger = logging.getLogger(__name__)


def send(*, invitation: Invitation, link: str) -> bool:
    """Mail the link to the invited address; returns whether a mail server took it."""
    if not invitation.email or not settings.EMAIL_HOST:
        return False
    body = render_to_string("labeling/people/invitation_mail.txt", {"invitation": invitation, "link": link})
    # In a header a line end would begin the next one.
    subject = " ".join(f"Join “{invitation.project.name}” on dcai".split())
    try:
        send_mail(subject, body, None, [invitation.email])
    except (SMTPException, OSError) as error:
        logger.warning("invitation %s could not be mailed: %s", invitation.pk, type(error).__name__)
        return False
    return True
