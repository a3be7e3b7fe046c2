"""Indexes for lists that grow with the work: tasks in progress, what one person did, what is not an answer.

Built beside the work that goes on, which takes a transaction of its own each. One that was cut short leaves an index
that is not used: it is dropped first, so that the migration can be run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

INDEXES = (
    ("event", models.Index(fields=("project", "actor", "-id"), name="event_by_actor")),
    (
        "event",
        models.Index(
            fields=("project", "-id"), name="event_beside_answers", condition=~Q(verb__startswith="annotation.")
        ),
    ),
    (
        "queueentry",
        models.Index(
            fields=("project", "task"),
            name="queue_in_progress",
            condition=Q(state="todo", open_slots__lt=F("required")),
        ),
    ),
)


class Migration(migrations.Migration):
    """Reversible."""

    atomic = False
    dependencies = [("labeling", "0004_reviews")]

    operations = [
        operation
        for model, index in INDEXES
        for operation in (
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop),
            AddIndexConcurrently(model, index),
        )
    ]
