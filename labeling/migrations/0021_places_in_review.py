"""Flags come in review by what deciding one is worth: each has its place, by its reason and score.

The places of flags that are there are written by the thousand, beside the work that goes on; those that have theirs are
left alone, so that the migration can be run again. An index that was cut short is not used: it is dropped first.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Q

OPEN = Q(state="open")
BATCH = 10_000
BEFORE = models.Index("project", "reason", F("score").asc(), "id", name="flag_open", condition=OPEN)
INDEXES = (
    models.Index(fields=("project", "place", "id"), name="flag_by_place", condition=OPEN),
    models.Index(fields=("project", "reason", "place", "id"), name="flag_by_reason", condition=OPEN),
)
_PLACE = """
UPDATE labeling_flag f SET place = n.turn + least(greatest(f.score, 0), 1) / 2
FROM (VALUES ('conflict', 1), ('label_error', 2), ('gold_miss', 2), ('near_duplicate', 3), ('manual', 4), ('skipped', 4),
             ('ambiguous', 5), ('low_quality', 6), ('outlier', 7), ('stale_guideline', 8)) AS n (reason, turn)
WHERE f.reason = n.reason AND f.id > %(after)s AND f.id <= %(last)s
"""


def place_flags(_: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the places of the flags there are."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM labeling_flag")
        after, last = cursor.fetchone()
        while after < last:
            cursor.execute(_PLACE, {"after": after, "last": after + BATCH})
            after += BATCH
        # Where a restored backup is migrated, all is one transaction: what the rows have left to check is checked now,
        # for no index is made before it.
        if schema_editor.connection.in_atomic_block:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    """Reversible."""

    atomic = False
    dependencies = [("labeling", "0020_import_changes")]

    operations = [
        migrations.AddField(
            "flag",
            "place",
            models.FloatField(
                default=8.0, db_default=8.0, help_text="Where it stands in review, as `Reason.place` says."
            ),
        ),
        migrations.RunPython(place_flags, migrations.RunPython.noop),
        *(
            operation
            for index in INDEXES
            for operation in (
                migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop),
                AddIndexConcurrently("flag", index),
            )
        ),
        RemoveIndexConcurrently("flag", BEFORE.name),
    ]
