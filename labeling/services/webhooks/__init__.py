"""Webhooks: set up by managers, told of events by workers."""

from labeling.services.webhooks.changing import (
    MAX_WEBHOOKS,
    change_webhook,
    create_webhook,
    delete_webhook,
    ping_webhook,
    send_again,
)
from labeling.services.webhooks.delivering import DELIVER, deliver_webhook, forget_deliveries, send_due_webhooks

__all__ = [
    "DELIVER",
    "MAX_WEBHOOKS",
    "change_webhook",
    "create_webhook",
    "delete_webhook",
    "deliver_webhook",
    "forget_deliveries",
    "ping_webhook",
    "send_again",
    "send_due_webhooks",
]
