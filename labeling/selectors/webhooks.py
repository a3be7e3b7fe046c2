"""Webhooks: which types of events there are, which address is to be told, and what was sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeling import statements
from labeling.models import DeliveryKind, DeliveryState, Event, Webhook, WebhookDelivery

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.models import Project

PATIENCE_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.02
KEPT = timedelta(days=7)
"""How long deliveries are kept."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of events as receivers know it: what happened, in words, and the verbs under which it is written down."""

    words: str
    verbs: tuple[str, ...]


TYPES: dict[str, EventType] = {
    "annotation.submitted": EventType("Somebody answered a task, or changed the answer", ("annotation.submitted",)),
    "annotation.skipped": EventType("Somebody skipped a task", ("annotation.skipped",)),
    "annotation.withdrawn": EventType("Somebody took an answer back", ("annotation.draft",)),
    "answer.reviewed": EventType(
        "A reviewer accepted, corrected or sent back an answer",
        ("answer.accepted", "answer.corrected", "answer.returned"),
    ),
    "comment.added": EventType("Somebody commented on a task", ("comment.added",)),
    "comment.resolved": EventType("A comment was resolved", ("comment.resolved",)),
    "comment.reopened": EventType("A comment was opened again", ("comment.reopened",)),
    "flag.opened": EventType("A person or a check of the data raised flags", ("flag.raised", "flags.synced")),
    "flag.resolved": EventType("A reviewer decided flags", ("flag.resolved", "flags.resolved")),
    "flag.reopened": EventType("A flag or a decision was taken back", ("flag.taken_back", "flags.reopened")),
    "adjudication.made": EventType("Somebody decided what several people answered", ("adjudication.made",)),
    "adjudication.taken_back": EventType(
        "A decision about what several people answered was taken back", ("adjudication.taken_back",)
    ),
    "task.created": EventType("Tasks were added by an import or by the API", ("tasks.added", "import.finished")),
    "task.changed": EventType("Split or metadata of tasks changed", ("tasks.split", "tasks.meta")),
    "task.labeled": EventType("Tasks were given a label, many at once", ("tasks.label",)),
    "task.quarantined": EventType("Tasks were put into quarantine", ("tasks.quarantine",)),
    "task.restored": EventType("Tasks were taken out of quarantine", ("tasks.restore",)),
    "task.deleted": EventType("Tasks were deleted; they go for good a day later", ("tasks.delete",)),
    "task.gone": EventType("Deleted tasks are gone for good", ("tasks.gone", "import.removed")),
    "job.started": EventType("A job was started", ("job.started",)),
    "job.ended": EventType("A job ended, well or not", ("job.ended",)),
    "predictions.received": EventType("A model's predictions came in", ("predictions.pushed",)),
    "guideline.published": EventType("A version of the guideline was published", ("guideline.published",)),
    "schema.changed": EventType("The questions changed", ("schema.revised",)),
    "project.changed": EventType(
        "The settings changed, or the project was archived or restored",
        ("project.changed", "project.archived", "project.restored"),
    ),
}
"""The types that a webhook can be told of. Their names are part of the API: they stay, whatever the verbs become."""

TYPE_OF = {verb: name for name, kind in TYPES.items() for verb in kind.verbs}

_WRITERS = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'labeling_event'::regclass AND mode = 'RowExclusiveLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""


def verbs_of(webhook: Webhook) -> list[str]:
    """Return the verbs of the events that a webhook is told of."""
    return [verb for name in webhook.types if name in TYPES for verb in TYPES[name].verbs]


def last_event() -> int:
    """Return the id of the newest event that can be seen."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def last_settled_event(*, patience: float = PATIENCE_SECONDS) -> int | None:
    """Return an event before which no other can appear any more; None if one still may after all that patience.

    Ids are given out before they are committed, so a higher one may be seen first. Whoever writes an event holds a lock
    on the table from before its id is given out until it is committed: when those that hold one now have let go, all up
    to the newest seen before are there or never will be.
    """
    newest, until = last_event(), time.monotonic() + patience
    waited_for = _writers()
    while waited_for:
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOK_AGAIN_SECONDS)
        waited_for &= _writers()
    return newest


def _writers() -> set[str]:
    return {writer for (writer,) in statements.run_statement(_WRITERS, {})}


def due_webhooks() -> list[int]:
    """Return the webhooks for which there may be something to send now."""
    now = timezone.now()
    newer = Event.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("position"))
    wished = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), state=DeliveryState.WAITING).exclude(
        kind=DeliveryKind.EVENTS
    )
    told = Q(Exists(newer), Q(retry_at=None) | Q(retry_at__lte=now), is_on=True)
    free = Webhook.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now))
    return list(free.filter(told | Exists(wished)).order_by("pk").values_list("pk", flat=True))


def next_events(webhook: Webhook, *, up_to: int, most: int) -> list[int]:
    """Return the next events that a webhook is to be told of."""
    found = Event.objects.filter(project_id=webhook.project_id, pk__gt=webhook.position, pk__lte=up_to)
    return list(found.filter(verb__in=verbs_of(webhook)).order_by("pk").values_list("pk", flat=True)[:most])


def events_of(delivery: WebhookDelivery) -> QuerySet[Event]:
    """Return the events that a delivery tells of, in their order."""
    found = Event.objects.filter(pk__in=delivery.event_ids).select_related("actor", "task").order_by("pk")
    return found.defer("task__data", "task__meta")


def webhooks_of(project: Project) -> QuerySet[Webhook]:
    """Return a project's webhooks."""
    return Webhook.objects.filter(project=project).order_by("pk")


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """Return what was sent to a webhook in the last days, and what waits."""
    return WebhookDelivery.objects.filter(webhook=webhook)
