"""Flags: raise one, let it fall, resolve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from labeling.errors import Conflict, Invalid, Problem
from labeling.models import Flag, FlagReason, FlagState
from labeling.selectors import versions
from labeling.services import events

if TYPE_CHECKING:
    from labeling.models import Label, Task, User

MAX_NOTE = 5_000


def put(
    *,
    task: Task,
    reason: FlagReason,
    question: str = "",
    actor: User | None = None,
    note: str = "",
    score: float = 0.0,
    evidence: dict[str, Any] | None = None,
) -> Flag:
    """Open a flag, or bring the open one for the same reason up to date; to be called within a transaction."""
    flag, created = Flag.objects.get_or_create(
        task=task,
        question=question,
        reason=reason,
        state=FlagState.OPEN,
        defaults={
            "project_id": task.project_id,
            "raised_by": actor,
            "note": note,
            "score": score,
            "evidence": evidence or {},
        },
    )
    if not created:
        flag.note = "\n".join(part for part in (flag.note, note) if part)[-MAX_NOTE:]
        flag.score = score
        flag.evidence = evidence or flag.evidence
        flag.save(update_fields=("note", "score", "evidence"))
    return flag


def drop(*, task: Task, reason: FlagReason, question: str = "") -> None:
    """Close the open flag of a reason that no longer holds; to be called within a transaction."""
    Flag.objects.filter(task=task, question=question, reason=reason, state=FlagState.OPEN).update(
        state=FlagState.CLOSED, resolved_at=timezone.now()
    )


@transaction.atomic
def raise_flag(*, actor: User, task: Task, note: str, question: str = "") -> Flag:
    """Flag a task by hand, so that a reviewer looks at it."""
    note = note.strip()
    if not note:
        message = "Say in a few words what a reviewer should look at."
        raise Invalid(message, problems=(Problem("note", message),))
    if len(note) > MAX_NOTE or "\x00" in note:
        message = f"A note has at most {MAX_NOTE} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("note", message),))
    if question and versions.schema(task.project_id).question(question) is None:
        message = f"There is no question “{question}” in this project."
        raise Invalid(message, problems=(Problem("question", message),))
    flag = put(task=task, reason=FlagReason.MANUAL, question=question, actor=actor, note=note)
    events.record(
        verb="flag.raised",
        project=task.project,
        actor=actor,
        task=task,
        flag=flag.pk,
        reason=flag.reason,
        note=note[:200],
    )
    return flag


@transaction.atomic
def resolve(*, actor: User, flag: Flag, resolution: str, note: str = "", label: Label | None = None) -> Flag:
    """Close a flag with what was decided about it."""
    flag = Flag.objects.select_for_update().select_related("task", "project").get(pk=flag.pk)
    if flag.state != FlagState.OPEN:
        message = "Somebody has decided this flag already."
        raise Conflict(message, current={"state": flag.state, "resolution": flag.resolution})
    flag.state = FlagState.RESOLVED
    flag.resolved_by = actor
    flag.resolved_at = timezone.now()
    flag.resolution = resolution
    flag.resolution_note = note.strip()[:MAX_NOTE]
    flag.label = label
    flag.save(update_fields=("state", "resolved_by", "resolved_at", "resolution", "resolution_note", "label"))
    events.record(
        verb="flag.resolved",
        project=flag.project,
        actor=actor,
        task=flag.task,
        flag=flag.pk,
        reason=flag.reason,
        resolution=resolution,
    )
    return flag
