"""Setting up webhooks: where they lead, what they are told of, whether they are on."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from labeling import outgoing
from labeling.errors import Invalid, Problem
from labeling.models import DeliveryKind, DeliveryState, Project, Webhook, WebhookDelivery
from labeling.selectors import webhooks as webhook_reads
from labeling.services import events
from labeling.services.webhooks.delivering import send_to_worker
from labeling.services.webhooks.messages import secret_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.models import User

MAX_WEBHOOKS = 20


@transaction.atomic
def create_webhook(*, actor: User, project: Project, url: str, types: Sequence[str]) -> tuple[Webhook, str]:
    """Have an address told of what happens from now on; returns it with its secret, which is shown once."""
    host, chosen = _clean_url(url), _clean_types(types)
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.webhooks.count() >= MAX_WEBHOOKS:
        message = f"A project has at most {MAX_WEBHOOKS} webhooks. Delete one that is not used."
        raise Invalid(message)
    webhook = Webhook.objects.create(
        project=project, url=url, types=chosen, salt=secrets.token_urlsafe(32), position=webhook_reads.last_event()
    )
    events.record(verb="webhook.created", project=project, actor=actor, webhook=webhook.pk, host=host)
    return webhook, secret_of(webhook)


@transaction.atomic
def change_webhook(
    *,
    actor: User,
    webhook: Webhook,
    url: str | None = None,
    types: Sequence[str] | None = None,
    is_on: bool | None = None,
) -> Webhook:
    """Change what is given. One that is switched on again is told of everything since it was switched off."""
    changed: dict[str, Any] = {}
    if url is not None and url != webhook.url:
        _clean_url(url)
        changed["url"] = url
    if types is not None and (chosen := _clean_types(types)) != webhook.types:
        changed["types"] = chosen
    if is_on is not None and is_on != webhook.is_on:
        changed["is_on"] = is_on
    if changed:
        # Whatever was wrong may be mended: it is tried at once, and has a day again.
        Webhook.objects.filter(pk=webhook.pk).update(**changed, off_reason="", failing_since=None, retry_at=None)
        webhook.refresh_from_db()
        host = outgoing.parse_address(webhook.url).host
        told = sorted(changed)
        events.record(
            verb="webhook.changed", project=webhook.project, actor=actor, webhook=webhook.pk, host=host, changed=told
        )
    return webhook


@transaction.atomic
def delete_webhook(*, actor: User, webhook: Webhook) -> None:
    """Tell an address nothing more, and forget what was sent to it."""
    host = outgoing.parse_address(webhook.url).host
    events.record(verb="webhook.deleted", project=webhook.project, actor=actor, webhook=webhook.pk, host=host)
    webhook.delete()


@transaction.atomic
def ping_webhook(*, actor: User, webhook: Webhook) -> WebhookDelivery:
    """Have a test sent, also to a webhook that is off; it tells nothing and is tried once."""
    delivery = _wish(WebhookDelivery(webhook=webhook, uid=uuid.uuid4(), kind=DeliveryKind.PING))
    events.record(verb="webhook.pinged", project=webhook.project, actor=actor, webhook=webhook.pk)
    return delivery


@transaction.atomic
def send_again(*, actor: User, delivery: WebhookDelivery) -> WebhookDelivery:
    """Have a delivery sent once more, with the same id, beside those that come in order."""
    webhook = delivery.webhook
    kind = DeliveryKind.PING if delivery.kind == DeliveryKind.PING else DeliveryKind.AGAIN
    again = _wish(WebhookDelivery(webhook=webhook, uid=delivery.uid, kind=kind, event_ids=delivery.event_ids))
    events.record(
        verb="webhook.sent_again", project=webhook.project, actor=actor, webhook=webhook.pk, delivery=str(delivery.uid)
    )
    return again


def _wish(delivery: WebhookDelivery) -> WebhookDelivery:
    """Store what a worker is to send now, unless many wait already."""
    wished = WebhookDelivery.objects.filter(webhook=delivery.webhook, state=DeliveryState.WAITING)
    if wished.exclude(kind=DeliveryKind.EVENTS).count() >= MAX_WEBHOOKS:
        message = f"{MAX_WEBHOOKS} deliveries that you asked for wait already. Ask again when they were sent."
        raise Invalid(message)
    delivery.save(force_insert=True)
    transaction.on_commit(lambda: send_to_worker(delivery.webhook_id), robust=True)
    return delivery


def _clean_url(url: str) -> str:
    """Return the host of an address that can be called."""
    try:
        address = outgoing.parse_address(url)
        outgoing.refuse_plainly_inside(address, inside=settings.WEBHOOK_HOSTS)
    except outgoing.AddressRefused as error:
        raise Invalid(error.message, problems=(Problem("url", error.message),)) from None
    return address.host


def _clean_types(types: Sequence[str]) -> list[str]:
    unknown = [name for name in types if name not in webhook_reads.TYPES]
    message = ""
    if unknown:
        message = f"“{unknown[0][:50]}” is no type of events. Expected some of {', '.join(webhook_reads.TYPES)}."
    elif not types:
        message = "Choose at least one type of events."
    if message:
        raise Invalid(message, problems=(Problem("types", message),))
    return [name for name in webhook_reads.TYPES if name in set(types)]
