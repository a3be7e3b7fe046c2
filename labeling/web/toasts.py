"""Messages that show as toasts, with an Undo where an act can be taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest


def notify(request: HttpRequest, text: str, *, level: int = messages.SUCCESS, undo: str = "") -> None:
    """Show a message on the next page (or fragment); `undo` is an address that takes the act back by POST."""
    messages.add_message(request, level, text, extra_tags=f"undo:{undo}" if undo else "")
