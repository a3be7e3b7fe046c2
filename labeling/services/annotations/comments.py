"""Comments: what people say about tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from labeling.errors import Invalid, Problem
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
