"""Webhooks: addresses that are told what happens in a project, and what was sent to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project

MAX_URL = 2000


class Webhook(models.Model):
    """An address that is told of events of a project, in their order.

    How far it was told is a place in the table of events, and moves only when the address has taken what came before.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=MAX_URL)
    types = ArrayField(models.CharField(max_length=40), help_text="The types of events that it is told of.")
    salt = models.CharField(max_length=64, help_text="What its secret is made from, with the key of the site.")
    is_on = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=300, blank=True, help_text="Why the site switched it off.")
    position = models.BigIntegerField(help_text="The last event that it was told of, or that was none for it.")
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True, help_text="Until then a worker sends to it.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class DeliveryKind(models.TextChoices):
    """Why something is sent."""

    EVENTS = "events", "Events"
    PING = "ping", "Test"
    AGAIN = "again", "Sent again"


class DeliveryState(models.TextChoices):
    """What became of it."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookDelivery(models.Model):
    """One message to an address, with all its attempts. Its `uid` stays the same however often it is sent."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    uid = models.UUIDField()
    kind = models.CharField(max_length=6, choices=DeliveryKind.choices)
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    event_ids = ArrayField(models.BigIntegerField(), default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the last answer, if there was one.")
    duration_ms = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            # The next message waits until this one was taken: that keeps the order.
            models.UniqueConstraint(
                fields=("webhook",), name="delivery_one_waits", condition=Q(kind="events") & Q(state="waiting")
            ),
            models.CheckConstraint(condition=Q(kind__in=DeliveryKind.values), name="delivery_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        )
        indexes = (models.Index(fields=("webhook", "-id"), name="delivery_by_webhook"),)

    def __str__(self) -> str:
        return f"delivery {self.uid} ({self.state})"
