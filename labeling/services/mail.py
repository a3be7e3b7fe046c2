"""Mail: whether this site sends any, and sending one."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

logger = logging.getLogger(__name__)


def is_set_up() -> bool:
    """Return whether there is a mail server; without one, mails are files that only the operator can read."""
    return bool(settings.EMAIL_HOST)


def send_text(*, to: str, subject: str, body: str) -> bool:
    """Send a mail; returns whether the mail server took it."""
    # In a header a line end would begin the next one.
    subject = " ".join(subject.split())
    try:
        send_mail(subject, body, None, [to])
    except (SMTPException, OSError) as error:
        logger.warning("a mail could not be sent: %s", type(error).__name__)
        return False
    return True
