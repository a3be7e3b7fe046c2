"""Webhooks of a project: addresses that are told what happens in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import filled, operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, Nothing, body, query
from labeling.models import Scope, Webhook, WebhookDelivery
from labeling.models.webhooks import MAX_URL
from labeling.selectors import webhooks as webhook_reads
from labeling.services import webhooks

if TYPE_CHECKING:
    from rest_framework.request import Request

TAG = "Webhooks"
_URL: dict[str, Any] = filled(MAX_URL) | {"format": "uri"}
_TYPES: dict[str, Any] = {"items": {"type": "string", "enum": list(webhook_reads.TYPES)}, "minItems": 1}
_SIGNED = (
    "Each request is signed: `Dcai-Signature: t=<seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 of `<t>.<body>` with "
    "the webhook's secret. `Dcai-Delivery` stays the same when a request is sent again."
)


class WebhookDocument(BaseModel):
    """An address that is told what happens in the project."""

    id: int
    url: str
    types: list[str] = Field(description="The types of events that it is told of.")
    on: bool
    off_reason: str = Field(description="Why the site switched it off, if it did.")
    failing_since: datetime | None
    created_at: datetime


class WebhookNewDocument(WebhookDocument):
    """A new webhook, with the secret that is shown only now."""

    secret: str


class WebhookList(Listed):
    """One page of webhooks."""

    results: list[WebhookDocument]


class DeliveryDocument(BaseModel):
    """One message to a webhook, and what became of it."""

    id: int
    uid: str = Field(description="The `Dcai-Delivery` that it was sent with.")
    kind: Literal["events", "ping", "again"]
    state: Literal["waiting", "delivered", "failed"]
    events: int = Field(description="How many events it tells.")
    attempts: int
    status: int | None = Field(description="The status of the last answer, if there was one.")
    duration_ms: int | None
    reason: str = Field(description="Why the last attempt failed.")
    created_at: datetime
    tried_at: datetime | None


class DeliveryList(Listed):
    """One page of deliveries, the newest first."""

    results: list[DeliveryDocument]


class WebhookNew(Body):
    """A webhook."""

    url: str = Field(json_schema_extra=_URL)
    types: list[str] = Field(json_schema_extra=_TYPES)


class WebhookChange(Body):
    """What is to change; what is left out stays."""

    url: str | None = Field(None, json_schema_extra={"anyOf": [{"type": "string", **_URL}, {"type": "null"}]})
    types: list[str] | None = Field(None, json_schema_extra={"anyOf": [{"type": "array", **_TYPES}, {"type": "null"}]})
    on: bool | None = Field(None, description="One that is switched on again is told of all that it missed.")


def webhook_document(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook without its secret."""
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "types": webhook.types,
        "on": webhook.is_on,
        "off_reason": webhook.off_reason,
        "failing_since": webhook.failing_since,
        "created_at": webhook.created_at,
    }


def delivery_document(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery."""
    return {
        "id": delivery.pk,
        "uid": str(delivery.uid),
        "kind": delivery.kind,
        "state": delivery.state,
        "events": len(delivery.event_ids),
        "attempts": delivery.attempts,
        "status": delivery.status,
        "duration_ms": delivery.duration_ms,
        "reason": delivery.reason,
        "created_at": delivery.created_at,
        "tried_at": delivery.tried_at,
    }


class Webhooks(Endpoint):
    """The webhooks of a project."""

    @operation("webhooks_list", "List the webhooks", tag=TAG, needs=Scope.READ, query=Page, returns={200: WebhookList})
    def get(self, request: Request, slug: str) -> Response:
        """Return the webhooks."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        return listed(
            request,
            webhook_reads.webhooks_of(project),
            query(request, Page),
            order="pk",
            show=lambda rows: [webhook_document(webhook) for webhook in rows],
        )

    @operation(
        "webhooks_create",
        "Create a webhook",
        tag=TAG,
        needs=Scope.MANAGE,
        body=WebhookNew,
        example={"url": "https://example.org/hook", "types": ["annotation.submitted"]},
        returns={201: WebhookNewDocument},
        description=f"The secret is shown in this answer only. {_SIGNED}",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have an address told of what happens from now on."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        sent = body(request, WebhookNew)
        webhook, secret = webhooks.create_webhook(actor=actor(request), project=project, url=sent.url, types=sent.types)
        return Response(webhook_document(webhook) | {"secret": secret}, status=201)


class OneWebhook(Endpoint):
    """One webhook."""

    @operation("webhooks_read", "Read a webhook", tag=TAG, needs=Scope.READ, returns={200: WebhookDocument})
    def get(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Return the webhook."""
        return Response(webhook_document(access.webhook_for(actor(request), slug, webhook_id, Action.MANAGE)))

    @operation(
        "webhooks_change",
        "Change a webhook, or switch it off or on",
        tag=TAG,
        needs=Scope.MANAGE,
        body=WebhookChange,
        returns={200: WebhookDocument},
    )
    def patch(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Change what is given."""
        webhook = access.webhook_for(actor(request), slug, webhook_id, Action.MANAGE)
        sent = body(request, WebhookChange)
        changed = webhooks.change_webhook(
            actor=actor(request), webhook=webhook, url=sent.url, types=sent.types, is_on=sent.on
        )
        return Response(webhook_document(changed))

    @operation("webhooks_delete", "Delete a webhook", tag=TAG, needs=Scope.MANAGE, returns={204: None})
    def delete(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Tell the address nothing more."""
        webhook = access.webhook_for(actor(request), slug, webhook_id, Action.MANAGE)
        webhooks.delete_webhook(actor=actor(request), webhook=webhook)
        return Response(status=204)


class WebhookPing(Endpoint):
    """A test of a webhook."""

    @operation(
        "webhooks_ping",
        "Send a test",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={202: DeliveryDocument},
        description="A message without events, also to a webhook that is off. The deliveries say what became of it.",
    )
    def post(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Have a test sent."""
        webhook = access.webhook_for(actor(request), slug, webhook_id, Action.MANAGE)
        body(request, Nothing)
        return Response(delivery_document(webhooks.ping_webhook(actor=actor(request), webhook=webhook)), status=202)


class WebhookDeliveries(Endpoint):
    """What was sent to a webhook in the last seven days."""

    @operation(
        "webhooks_deliveries", "List the deliveries", tag=TAG, needs=Scope.READ, query=Page, returns={200: DeliveryList}
    )
    def get(self, request: Request, slug: str, webhook_id: int) -> Response:
        """Return the deliveries, the newest first."""
        webhook = access.webhook_for(actor(request), slug, webhook_id, Action.MANAGE)
        return listed(
            request,
            webhook_reads.deliveries_of(webhook),
            query(request, Page),
            order="-pk",
            show=lambda rows: [delivery_document(delivery) for delivery in rows],
        )


class WebhookDeliveryAgain(Endpoint):
    """A delivery that is sent once more."""

    @operation(
        "webhooks_send_again",
        "Send a delivery again",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={202: DeliveryDocument},
        description="With the same `Dcai-Delivery`, beside those that come in order.",
    )
    def post(self, request: Request, slug: str, webhook_id: int, delivery_id: int) -> Response:
        """Have the delivery sent again."""
        delivery = access.delivery_for(actor(request), slug, webhook_id, delivery_id, Action.MANAGE)
        body(request, Nothing)
        return Response(delivery_document(webhooks.send_again(actor=actor(request), delivery=delivery)), status=202)
