from __future__ import annotations

from typing import Any

from django.core import checks


def test_a_site_that_mails_links_to_its_own_machine_is_warned(settings: Any) -> None:
    def found() -> list[str]:
        return [message.id or "" for message in checks.run_checks() if (message.id or "").startswith("dcai")]

    assert found() == []
    settings.EMAIL_HOST = "mail.example.org"
    assert found() == ["dcai.W001"]
    settings.SITE_URL_GIVEN = "https://label.example.org"
    assert found() == []
