"""Comments on tasks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.annotations import TAG
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Nothing, body, query
from labeling.models import Scope
from labeling.selectors import annotations as annotation_reads
from labeling.services import annotations as saving

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import Comment


class CommentDocument(BaseModel):
    """What somebody said about a task."""

    id: int
    task: int
    author: str
    body: str
    created_at: datetime
    resolved_at: datetime | None = Field(description="Null: it is open.")
    resolved_by: str | None


class CommentList(Listed):
    """One page of comments: open ones first, and the newest first of each."""

    results: list[CommentDocument]


class CommentNew(Body):
    """A comment."""

    body: str = Field(json_schema_extra=filled(saving.MAX_COMMENT))


def comment_document(comment: Comment) -> dict[str, Any]:
    """Return a comment."""
    return {
        "id": comment.pk,
        "task": comment.task_id,
        "author": str(comment.author),
        "body": comment.body,
        "created_at": comment.created_at,
        "resolved_at": comment.resolved_at,
        "resolved_by": str(comment.resolved_by) if comment.resolved_by else None,
    }


class Comments(Endpoint):
    """What people said about a task."""

    @operation(
        "comments_list", "List a task's comments", tag=TAG, needs=Scope.READ, query=Page, returns={200: CommentList}
    )
    def get(self, request: Request, task_id: int) -> Response:
        """Return the comments, open ones first."""
        task = access.task_for(actor(request), task_id, Action.VIEW)
        return listed(
            request,
            annotation_reads.comments_of_task(task),
            query(request, Page),
            order="-is_open",
            show=lambda rows: [comment_document(row) for row in rows],
        )

    @operation(
        "comments_add",
        "Comment on a task",
        tag=TAG,
        needs=Scope.LABEL,
        body=CommentNew,
        example={"body": "Is a refund a question about billing?"},
        returns={201: CommentDocument},
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Add a comment."""
        task = access.task_for(actor(request), task_id, Action.ANNOTATE)
        comment = saving.comment(actor=actor(request), task=task, body=body(request, CommentNew).body)
        return Response(comment_document(comment), status=201)


class CommentResolution(Endpoint):
    """Whether a comment needs something still."""

    @operation(
        "comments_resolve",
        "Resolve a comment",
        tag=TAG,
        needs=Scope.LABEL,
        returns={200: CommentDocument},
        description="By who wrote it, or by a reviewer. Its author is told.",
    )
    def post(self, request: Request, comment_id: int) -> Response:
        """Resolve the comment."""
        comment = access.comment_for(actor(request), comment_id, Action.ANNOTATE)
        body(request, Nothing)
        return Response(comment_document(saving.resolve_comment(actor=actor(request), comment=comment)))

    @operation("comments_reopen", "Reopen a comment", tag=TAG, needs=Scope.LABEL, returns={200: CommentDocument})
    def delete(self, request: Request, comment_id: int) -> Response:
        """Open the comment again."""
        comment = access.comment_for(actor(request), comment_id, Action.ANNOTATE)
        return Response(comment_document(saving.reopen_comment(actor=actor(request), comment=comment)))
