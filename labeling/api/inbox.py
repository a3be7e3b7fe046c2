"""The inbox: what a person is told, and marking it read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Ids, body, query
from labeling.models import Notice, Scope
from labeling.selectors import inbox as inbox_reads
from labeling.services import notices

if TYPE_CHECKING:
    from rest_framework.request import Request

TAG = "Inbox"


class NoticeDocument(BaseModel):
    """One thing you are told."""

    id: int
    kind: Literal["sent_back", "came_back", "changed", "comment", "resolved", "flag", "webhook", "drift"]
    project: str = Field(description="Its slug.")
    task: int | None = Field(description="Null: it is about the project as a whole.")
    actor: str | None = Field(description="Null: the site did it by itself. Of a drift: whose answers changed.")
    note: str
    created_at: datetime
    read_at: datetime | None


class NoticeList(Listed):
    """One page of your inbox, newest first."""

    results: list[NoticeDocument]


class ReadRequest(Body):
    """What you have read."""

    notices: Ids = Field(default=[], description="None named: all of them.")


class ReadDocument(BaseModel):
    """How much was unread before."""

    read: int


class InboxQuery(Page):
    """What to list."""

    unread: bool = Field(default=False, description="Only what you have not read.")


def notice_document(notice: Notice) -> dict[str, Any]:
    """Return a notice."""
    return {
        "id": notice.pk,
        "kind": notice.kind,
        "project": notice.project.slug,
        "task": notice.task_id,
        "actor": str(notice.actor) if notice.actor else None,
        "note": notice.note,
        "created_at": notice.created_at,
        "read_at": notice.read_at,
    }


class Inbox(Endpoint):
    """The person's inbox."""

    @operation("inbox_list", "List your inbox", tag=TAG, needs=Scope.READ, query=InboxQuery, returns={200: NoticeList})
    def get(self, request: Request) -> Response:
        """Return what the person is told, newest first."""
        wanted = query(request, InboxQuery)
        return listed(
            request,
            inbox_reads.notices_of(actor(request), unread=wanted.unread),
            wanted,
            order="-pk",
            show=lambda rows: [notice_document(row) for row in rows],
        )


class InboxRead(Endpoint):
    """What the person has read."""

    @operation(
        "inbox_read", "Mark notices as read", tag=TAG, needs=Scope.LABEL, body=ReadRequest, returns={200: ReadDocument}
    )
    def post(self, request: Request) -> Response:
        """Mark notices as read, all of them when none is named."""
        asked = body(request, ReadRequest).notices
        return Response({"read": notices.mark_read(actor=actor(request), notice_ids=asked or None)})
