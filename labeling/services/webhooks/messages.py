"""What is sent to an address: a JSON document, and the signature by which its receiver knows that it is ours."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.crypto import salted_hmac
from pydantic import BaseModel

from labeling.models import DeliveryKind
from labeling.selectors import webhooks as webhook_reads

if TYPE_CHECKING:
    from labeling.models import Event, Webhook, WebhookDelivery

_SECRET = "labeling.webhook"  # noqa: S105 - what its use is called


class ActorDocument(BaseModel):
    """Who did it."""

    id: int
    email: str


class TaskDocument(BaseModel):
    """The task that it was done to."""

    id: int
    external_id: str | None


class EventDocument(BaseModel):
    """One thing that happened; `id` is never given twice, so that a receiver can tell what it has seen."""

    id: int
    type: str
    created_at: datetime
    actor: ActorDocument | None
    task: TaskDocument | None
    data: dict[str, Any]


class MessageDocument(BaseModel):
    """What one request tells, in the order in which it happened. A test tells nothing."""

    id: str
    webhook: int
    project: str
    events: list[EventDocument]


def secret_of(webhook: Webhook) -> str:
    """Return what a webhook's messages are signed with: made from the key of the site, so that no table holds it."""
    made = salted_hmac(_SECRET, webhook.salt, algorithm="sha256").digest()
    return "whsec_" + urlsafe_b64encode(made).decode().rstrip("=")


def signature(secret: str, body: bytes, *, at: int) -> str:
    """Return the header that says when a body was sent, and proves both."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def message(webhook: Webhook, delivery: WebhookDelivery) -> bytes:
    """Return what a delivery says."""
    told = [] if delivery.kind == DeliveryKind.PING else webhook_reads.events_of(delivery)
    document = MessageDocument(
        id=str(delivery.uid),
        webhook=webhook.pk,
        project=webhook.project.slug,
        events=[_event(event) for event in told],
    )
    return document.model_dump_json().encode()


def _event(event: Event) -> EventDocument:
    return EventDocument(
        id=event.pk,
        type=webhook_reads.TYPE_OF[event.verb],
        created_at=event.created_at,
        actor=ActorDocument(id=event.actor.pk, email=event.actor.email) if event.actor else None,
        task=TaskDocument(id=event.task.pk, external_id=event.task.external_id) if event.task else None,
        data=event.payload,
    )
