"""New projects that are not finished: one draft per template, kept in the session until it is made or thrown away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

KEPT = "new_projects"
MAX_CHARACTERS = 200_000
"""Of one draft; a longer one is not kept."""
MOST = 4
"""Drafts that are kept; the oldest makes room."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """What was typed for a template, as JSON, and when it was changed last."""

    template: str
    content: dict[str, Any]
    at: datetime

    @property
    def name(self) -> str:
        """The name of the project, as far as it has one."""
        return str(self.content.get("name", "")).strip()


def keep_draft(session: SessionBase, template: str, content: dict[str, Any]) -> None:
    """Keep a draft in place of the one before it for the same template."""
    if len(json.dumps(content)) > MAX_CHARACTERS:
        return
    others = [kept for kept in kept_drafts(session) if kept.template != template][: MOST - 1]
    newest = KeptDraft(template, content, timezone.now())
    session[KEPT] = {kept.template: {"at": kept.at.isoformat(), "content": kept.content} for kept in (newest, *others)}


def drop_draft(session: SessionBase, template: str) -> None:
    """Forget the draft of a template."""
    if template in session.get(KEPT, {}):
        session[KEPT] = {key: value for key, value in session[KEPT].items() if key != template}


def kept_drafts(session: SessionBase) -> list[KeptDraft]:
    """Return the drafts, the one changed last first."""
    found = [
        KeptDraft(template, value["content"], datetime.fromisoformat(value["at"]))
        for template, value in session.get(KEPT, {}).items()
    ]
    return sorted(found, key=lambda kept: kept.at, reverse=True)


def kept_draft(session: SessionBase, template: str) -> KeptDraft | None:
    """Return the draft of a template, if there is one."""
    return next((kept for kept in kept_drafts(session) if kept.template == template), None)
