"""One open flag per task, question, reason and part of the answer.

The new index is built beside the work that goes on, which takes a transaction of its own, and the old one is dropped
when it is there: at no moment can the same be flagged twice. One that was cut short leaves an index that is not used: it
is dropped first, so that the migration can be run again.
"""

from django.db import migrations, models
from django.db.models import Q

OPEN = Q(state="open")
WITH_PART = models.UniqueConstraint(
    fields=("task", "question", "reason", "part"), name="flag_one_open_part", condition=OPEN
)
BEFORE = models.UniqueConstraint(fields=("task", "question", "reason"), name="flag_one_open", condition=OPEN)


def build(constraint: models.UniqueConstraint) -> str:
    """Return the statement that makes the index of a constraint while others write."""
    columns = ", ".join(("task_id", *constraint.fields[1:]))
    return f"CREATE UNIQUE INDEX CONCURRENTLY {constraint.name} ON labeling_flag ({columns}) WHERE state = 'open'"


def drop(constraint: models.UniqueConstraint) -> str:
    """Return the statement that takes the index of a constraint away while others write, if it is there."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {constraint.name}"


class Migration(migrations.Migration):
    """Reversible, as long as no two parts of an answer are flagged for the same reason."""

    atomic = False
    dependencies = [("labeling", "0008_flag_part")]

    operations = [
        migrations.RunSQL(drop(WITH_PART), migrations.RunSQL.noop),
        migrations.RunSQL(
            build(WITH_PART), drop(WITH_PART), state_operations=[migrations.AddConstraint("flag", WITH_PART)]
        ),
        migrations.RunSQL(
            drop(BEFORE), build(BEFORE), state_operations=[migrations.RemoveConstraint("flag", BEFORE.name)]
        ),
        migrations.RunSQL(migrations.RunSQL.noop, drop(BEFORE)),
    ]
