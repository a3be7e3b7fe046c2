"""Words within markup are found: the index of words reads `<`, `>`, `&` and `/` as spaces, in the texts there are as well.

It is made beside the work that goes on. An index that was cut short is not used: it is dropped first.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, Func

WORDS = (
    "%(function)s('simple'::regconfig, translate((%(expressions)s)::text, '<>&/', '    ')::jsonb, '[\"string\"]'::jsonb)"
)


class Migration(migrations.Migration):
    """Reversible."""

    atomic = False
    dependencies = [("labeling", "0025_task_changes")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS task_by_all_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "task",
            GinIndex(Func(F("data"), function="jsonb_to_tsvector", template=WORDS), name="task_by_all_words"),
        ),
        RemoveIndexConcurrently("task", "task_by_words"),
    ]
