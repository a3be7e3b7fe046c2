"""Telling addresses of events: in order, each at least once, tried for a day.

A webhook's place in the table of events moves only when the address has taken all before it. A worker that dies while
it sends leaves the place where it was: the next one sends the same message, with the same id, again.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling import outgoing
from labeling.errors import DomainError
from labeling.models import DeliveryKind, DeliveryState, Webhook, WebhookDelivery
from labeling.selectors import webhooks as webhook_reads
from labeling.services import events, notices
from labeling.services.webhooks.messages import message, secret_of, signature

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

DELIVER = "labeling.deliver_webhook"
LIMITS = outgoing.Limits(seconds=10, bytes=64 * 1024)
MOST_EVENTS = 100
"""How many events one request tells at most."""
AT_A_TIME_SECONDS = 20
"""How long a worker goes on sending to one address before it turns to others."""
LEASE = timedelta(seconds=90)
PAUSES = (10, 30, 60, 300, 900, 1800, 3600)
"""Seconds between attempts; the last goes on."""
TRIED_FOR = timedelta(days=1)


def send_due_webhooks() -> None:
    """Have workers send what there is to send. Runs every few seconds."""
    for webhook_id in webhook_reads.due_webhooks():
        send_to_worker(webhook_id)


def send_to_worker(webhook_id: int) -> None:
    """Hand a webhook to a worker; where that fails, the clock does it later."""
    try:
        current_app.tasks[DELIVER].apply_async(args=(webhook_id,), expires=60)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, what waits is stored
        logger.warning("webhook %s could not be sent to a worker: %s", webhook_id, type(error).__name__)


def deliver_webhook(webhook_id: int) -> None:
    """Send an address what waits for it, unless another worker does."""
    lease = timezone.now() + LEASE
    free = Webhook.objects.filter(Q(busy_until=None) | Q(busy_until__lt=timezone.now()), pk=webhook_id)
    if not free.update(busy_until=lease):
        return
    try:
        webhook = Webhook.objects.select_related("project").get(pk=webhook_id)
        until = time.monotonic() + AT_A_TIME_SECONDS
        wished = webhook.deliveries.filter(state=DeliveryState.WAITING).exclude(kind=DeliveryKind.EVENTS)
        for delivery in wished.order_by("pk"):
            if time.monotonic() < until:
                _attempt(webhook, delivery)
                _close(delivery, state=DeliveryState.FAILED if delivery.reason else DeliveryState.DELIVERED)
        if webhook.is_on and (webhook.retry_at is None or webhook.retry_at <= timezone.now()):
            settled = webhook_reads.last_settled_event()
            while time.monotonic() < until and _tell_next(webhook, lease=lease, settled=settled):
                pass
    finally:
        Webhook.objects.filter(pk=webhook_id, busy_until=lease).update(busy_until=None)


def forget_deliveries() -> None:
    """Forget what was sent long ago."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - webhook_reads.KEPT)
    old.exclude(state=DeliveryState.WAITING).delete()


def _tell_next(webhook: Webhook, *, lease: datetime, settled: int | None) -> bool:
    """Send the next message; returns whether there may be more to send now."""
    if not Webhook.objects.filter(pk=webhook.pk, busy_until=lease, is_on=True).exists():
        return False  # switched off or deleted meanwhile, or another worker's
    delivery = webhook.deliveries.filter(kind=DeliveryKind.EVENTS, state=DeliveryState.WAITING).first()
    if delivery is None:
        if settled is None or settled <= webhook.position:
            return False
        found = webhook_reads.next_events(webhook, up_to=settled, most=MOST_EVENTS)
        if not found:
            _move(webhook, lease=lease, position=settled)
            return False
        delivery = webhook.deliveries.create(uid=uuid.uuid4(), kind=DeliveryKind.EVENTS, event_ids=found)
    _attempt(webhook, delivery)
    if delivery.reason:
        _put_off(webhook, delivery)
        return False
    with transaction.atomic():
        _close(delivery, state=DeliveryState.DELIVERED)
        _move(webhook, lease=lease, position=max(delivery.event_ids), failing_since=None, retry_at=None)
    return True


def _attempt(webhook: Webhook, delivery: WebhookDelivery) -> None:
    """Send a message once, and note what came of it."""
    began, body = time.monotonic(), message(webhook, delivery)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "dcai-webhook",
        "Dcai-Delivery": str(delivery.uid),
        "Dcai-Signature": signature(secret_of(webhook), body, at=int(time.time())),
    }
    status, reason = None, ""
    try:
        with outgoing.called(
            "POST", webhook.url, body=body, headers=headers, inside=settings.WEBHOOK_HOSTS, limits=LIMITS
        ) as answer:
            status = answer.status
            reason = _refusal(status)
    except DomainError as error:
        reason = error.message
    delivery.status, delivery.reason = status, reason[:300]
    delivery.attempts += 1
    delivery.duration_ms = round((time.monotonic() - began) * 1000)
    delivery.tried_at = timezone.now()
    _note(delivery, "status", "reason", "attempts", "duration_ms", "tried_at")


def _refusal(status: int) -> str:
    """Return why an answer is none that takes the message."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed. Name the address that it leads to."
    return f"It answered {status}."


def _close(delivery: WebhookDelivery, *, state: DeliveryState) -> None:
    delivery.state = state
    _note(delivery, "state")


def _note(delivery: WebhookDelivery, *names: str) -> None:
    """Store what became of a delivery, unless its webhook was deleted while it was on its way."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**{name: getattr(delivery, name) for name in names})


def _move(webhook: Webhook, *, lease: datetime, **values: Any) -> None:
    """Move a webhook's place, if it is still this worker's to move."""
    Webhook.objects.filter(pk=webhook.pk, busy_until=lease).update(**values)
    webhook.position = values["position"]


@transaction.atomic
def _put_off(webhook: Webhook, delivery: WebhookDelivery) -> None:
    """Try again later; after a day of that, switch the webhook off and tell the managers."""
    now = timezone.now()
    since = webhook.failing_since or now
    if now - since < TRIED_FOR:
        pause = PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=since, retry_at=now + timedelta(seconds=pause))
        return
    host = outgoing.parse_address(webhook.url).host
    Webhook.objects.filter(pk=webhook.pk).update(is_on=False, off_reason=delivery.reason, retry_at=None)
    events.record(verb="webhook.switched_off", project=webhook.project, actor=None, webhook=webhook.pk, host=host)
    notices.tell_of_webhook(project=webhook.project, note=f"{host} took nothing for a day. {delivery.reason}")
