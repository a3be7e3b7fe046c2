"""Comments: what people say about tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from labeling.access import Action, may
from labeling.errors import Forbidden, Invalid, Problem
from labeling.models import Comment
from labeling.services import events, notices
from labeling.services.annotations.submission import MAX_COMMENT

if TYPE_CHECKING:
    from labeling.models import Task, User


@transaction.atomic
def comment(*, actor: User, task: Task, body: str) -> Comment:
    """Add a comment to a task."""
    body = body.strip()
    if not body or len(body) > MAX_COMMENT or "\x00" in body:
        message = f"A comment has 1 to {MAX_COMMENT} characters, and no NUL characters."
        raise Invalid(message, problems=(Problem("body", message),))
    made = Comment.objects.create(task=task, project_id=task.project_id, author=actor, body=body)
    events.record(verb="comment.added", project=task.project, actor=actor, task=task, comment=made.pk)
    notices.tell_of_comment(comment=made)
    return made


@transaction.atomic
def resolve_comment(*, actor: User, comment: Comment) -> Comment:
    """Say that a comment needs nothing more; its author is told."""
    locked = _locked(actor, comment)
    if locked.resolved_at is None:
        locked.resolved_at, locked.resolved_by = timezone.now(), actor
        locked.save(update_fields=("resolved_at", "resolved_by"))
        events.record(verb="comment.resolved", project=locked.project, actor=actor, task=locked.task, comment=locked.pk)
        notices.tell_of_resolved(actor=actor, comment=locked)
    return locked


@transaction.atomic
def reopen_comment(*, actor: User, comment: Comment) -> Comment:
    """Say that a comment needs something after all."""
    locked = _locked(actor, comment)
    if locked.resolved_at is not None:
        locked.resolved_at = locked.resolved_by = None
        locked.save(update_fields=("resolved_at", "resolved_by"))
        events.record(verb="comment.reopened", project=locked.project, actor=actor, task=locked.task, comment=locked.pk)
        notices.forget_resolved(comment=locked)
    return locked


def _locked(actor: User, comment: Comment) -> Comment:
    """Return the comment, which nobody else changes meanwhile, if it is the person's to close or to open again."""
    if comment.author_id != actor.pk and not may(actor, comment.project, Action.REVIEW):
        message = "A comment is resolved by who wrote it, or by a reviewer."
        raise Forbidden(message)
    found = Comment.objects.select_for_update(of=("self",)).select_related("project", "task", "author", "resolved_by")
    return found.get(pk=comment.pk)
