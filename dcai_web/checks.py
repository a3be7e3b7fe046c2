"""What `manage.py check` says about the settings of this site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register
def links_in_mails_lead_to_the_site(**_: Any) -> list[checks.CheckMessage]:
    """Warn of a site that mails links to an address which only its own machine can open."""
    if not settings.EMAIL_HOST or settings.SITE_URL_GIVEN:
        return []
    message = f"DCAI_SMTP_HOST is set and DCAI_SITE_URL is not: links in mails begin with {settings.SITE_URL}."
    hint = "Set DCAI_SITE_URL to the address that people use, such as https://label.example.org."
    return [checks.Warning(message, hint=hint, id="dcai.W001")]
